"""A table of a run, Markdown, as HTML; the papers' numbers are marked."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_IN_BRACKETS = re.compile(r"(.+) \(([^()]+)\)")
_SAID = "(published value)"
"""In the note of a table: the numbers in brackets are the paper's."""


class _Renderer(RendererHTML):
    """Wide tables scroll by themselves."""

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'<div class="scroll" tabindex="0">{self.renderToken(tokens, idx, options, env)}'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f"{self.renderToken(tokens, idx, options, env)}</div>"


def split_title(text: str) -> tuple[str, str]:
    """Title and the rest of a file of `darkpixel.tables.layout.document`."""
    first, _, rest = text.partition("\n")
    return (first.removeprefix("# "), rest) if first.startswith("# ") else ("", text)


def table_html(text: str) -> str:
    """Tables and paragraphs as HTML; whatever they hold is escaped."""
    parser = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
    tokens = parser.parse(text.replace(" ± ", "\u00a0±\u00a0"))
    bracketed, column, columns, in_body, row_published = _SAID in text, 0, set[int](), False, False
    for token, inline in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "tr_open":
            column, row_published = 0, False
        elif token.type in ("thead_open", "tbody_open"):
            in_body = token.type == "tbody_open"
            columns = columns if in_body else set()
        elif token.type in ("th_open", "td_open") and inline is not None:
            content = inline.content
            if not in_body and content.startswith("published"):
                columns.add(column)
            row_published |= in_body and column == 0 and content == "*published*"
            whole = column in columns or (row_published and column > 0)
            match = _IN_BRACKETS.fullmatch(content) if bracketed and column else None
            if in_body and whole and content != "–":
                inline.children = _marked("", content)
            elif in_body and match:
                inline.children = _marked(match[1], match[2])
            column += 1
        elif token.type == "paragraph_open":
            token.attrSet("class", "note")
    return str(parser.renderer.render(tokens, parser.options, {}))


def _marked(ours: str, published: str) -> list[Token]:
    text = Token("text", "", 0, content=f"{ours} " if ours else "")
    start = Token("html_inline", "", 0, content='<span class="published">')
    end = Token("html_inline", "", 0, content="</span>")
    return [text, start, Token("text", "", 0, content=published), end]
