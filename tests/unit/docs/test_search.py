"""The search of the finished site, opened from disk: it needs no server and no network."""

import pytest
from browser import Visit, running_browser
from repository import ROOT

SEARCH = ROOT / "results/site/search.html"


@pytest.mark.skipif(not SEARCH.is_file(), reason="the site is made by `make docs`")
def test_the_site_is_searched_without_a_network() -> None:
    with running_browser() as browser:
        visit = Visit(browser)
        visit.open(SEARCH, "?q=momentum")
        visit.page.wait_for_selector("#search-results li a")
        found = [link.inner_text() for link in visit.page.locator("#search-results li a").all()]
        asked = [problem for problem in visit.problems if problem.startswith("request")]
        visit.close()
    assert len(found) > 3, found
    assert any("Configuration" in title for title in found), found
    assert asked == []
