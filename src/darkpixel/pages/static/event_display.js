/* The event display: what is chosen, shown, linked to, and asked in the quiz. */
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const { controls } = darkpixel;
  const catalogue = JSON.parse(byId("catalogue").textContent);
  let chosen = null; // {dataset, label, model, layer, filters}
  let dataset = null;
  let at = 0; // which of the events that pass the filters
  let sides = { left: null, right: null }; // {part, numbers}: simulated, generated
  let scale = null;
  let quiz = null;
  let turn = 0; // what was loaded for an earlier choice is not shown

  const pictures = {};
  const view = new darkpixel.View(() => {
    document.body.classList.toggle("zoomed", view.zoom > 1); // then a finger moves the image
    Object.values(pictures).forEach((one) => one.draw());
  });
  for (const name of ["left", "right"]) {
    pictures[name] = new darkpixel.Picture(byId(name).querySelector("canvas"), view, read);
  }

  const model = () => dataset.models.find((one) => darkpixel.short(one) === chosen.model);
  const most = () => Math.max(0, ...Object.values(sides).map((side) => (side ? side.numbers.length : 0)));

  /* The event that a link names: its number in the file, of the model where there is one. */
  function current() {
    const { numbers } = sides.right || sides.left || { numbers: [] };
    return at < numbers.length ? numbers[at] : null;
  }

  /* -- choosing */

  async function choose(choice, { event = null, place = 0, problems = [], typed = false } = {}) {
    turn += 1;
    const mine = turn;
    endQuiz();
    chosen = choice;
    dataset = catalogue.datasets.find((one) => one.name === chosen.dataset);
    controls.fillChoices(catalogue, dataset, chosen);
    if (!typed) controls.fillFilters(dataset, chosen.filters); // whoever types keeps the place
    const sources = [dataset.simulated, ...(chosen.model ? [model()] : [])];
    let loaded;
    try {
      loaded = await Promise.all(sources.map(darkpixel.load));
    } catch (error) {
      say(`${error.message}; it belongs into the folder of this page.`);
      return;
    }
    if (mine !== turn) return;
    const [left, right] = loaded.map((parts) => {
      const part = parts.find((one) => one.label === chosen.label);
      return part ? { part, numbers: part.passing(chosen.filters) } : null;
    });
    sides = { left, right: right || null };
    at = Math.min(place, Math.max(0, most() - 1));
    if (event !== null) {
      at = Math.max(0, (sides.right || sides.left).numbers.indexOf(Number(event)));
      if (current() !== Number(event)) problems.push(`no event "${event}" with these filters`);
    }
    say(problems.length ? `The link asks for what is not here: ${problems.join("; ")}.` : "");
    byId("ask").hidden = !sides.right;
    recolour();
  }

  /* Another value of one choice, all others as they are where they are still there. */
  function change(key, value, typed = false) {
    const words = new URLSearchParams(darkpixel.address({ ...chosen, [key]: value }, null).slice(1));
    if (key === "dataset") words.delete("label");
    const { problems, event, ...choice } = darkpixel.fromAddress(words.toString(), catalogue);
    choose(choice, { place: key === "dataset" || key === "filters" ? 0 : at, typed });
  }

  function follow() {
    const { problems, event, ...choice } = darkpixel.fromAddress(location.hash, catalogue);
    choose(choice, { event, problems });
  }

  /* -- showing */

  function say(text) {
    byId("message").textContent = text;
    byId("message").hidden = !text;
  }

  function recolour() {
    scale = new darkpixel.Scale(dataset.low, dataset.high, catalogue.colours);
    scale.logarithmic = byId("colours").value === "logarithmic";
    controls.drawScale(scale, dataset);
    controls.drawLegend(catalogue.classes);
    byId("scale").hidden = Boolean(chosen.layer);
    byId("legend").hidden = !chosen.layer;
    show();
  }

  function show() {
    const total = most();
    showSide("left", dataset.simulated.title);
    byId("right").hidden = !chosen.model;
    if (chosen.model) showSide("right", model().title);
    byId("number").max = String(Math.max(0, total - 1));
    byId("number").value = String(at);
    byId("count").textContent = controls.places(total, chosen.filters);
    byId("previous").disabled = at <= 0;
    byId("next").disabled = at >= total - 1;
    byId("filtered").textContent = controls.passing(dataset, chosen.filters, [
      [dataset.simulated, sides.left], [model(), sides.right],
    ]);
    read(null);
    history.replaceState(null, "", darkpixel.address(chosen, current()));
  }

  function showSide(name, title) {
    const figure = byId(name);
    const side = sides[name];
    const there = side && at < side.numbers.length;
    const number = there ? side.numbers[at] : null;
    pictures[name].show(there ? side.part.event(number) : null, scale, chosen.layer);
    const why = side ? `only ${side.numbers.length} of ${side.part.count} pass the filters`
      : `no images of ${chosen.label}`;
    const caption = there ? `${title}, event ${number}` : `${title}: ${why}`;
    const facts = there ? controls.facts(dataset, side.part, number) : "";
    write(figure, caption, facts);
  }

  function write(figure, caption, facts) {
    figure.querySelector("figcaption").textContent = caption;
    figure.querySelector("p").textContent = facts;
    figure.querySelector("canvas").setAttribute("aria-label", `${caption}. ${facts}`);
  }

  function read(pixel) {
    byId("readout").classList.toggle("reading", Boolean(pixel));
    byId("readout").textContent = pixel ? controls.reading(catalogue, dataset, pixel)
      : "Point at a pixel to read its value.";
  }

  function go(place) {
    if (quiz || !most()) return;
    at = Math.min(most() - 1, Math.max(0, place));
    show();
  }

  /* -- the quiz */

  function startQuiz() {
    if (!sides.left || !sides.right) return;
    quiz = new darkpixel.Quiz({ simulated: sides.left, generated: sides.right });
    document.body.classList.add("asking");
    byId("quiz").hidden = false;
    byId("say-simulated").firstChild.textContent = `${dataset.simulated.title} `;
    byId("right").hidden = true;
    ask();
  }

  function ask() {
    const event = quiz.next();
    view.reset();
    pictures.left.show(event, scale, chosen.layer);
    write(byId("left"), event ? `${capital(dataset.simulated.title)} or generated?`
      : "No events are left: end the quiz, or change the filters.", "");
    answerable(Boolean(event));
    byId("score").textContent = quiz.score();
  }

  const capital = (text) => text[0].toUpperCase() + text.slice(1);

  function answerable(open) {
    byId("say-simulated").disabled = !open;
    byId("say-generated").disabled = !open;
    byId("ask-next").disabled = open || !quiz.question;
  }

  function answer(side) {
    const told = quiz && quiz.answer(side);
    if (!told) return;
    const title = told.side === "simulated" ? dataset.simulated.title : model().title;
    const { part } = told.side === "simulated" ? sides.left : sides.right;
    write(byId("left"), `${told.right ? "Right" : "Wrong"}: ${title}, event ${told.number}`,
      controls.facts(dataset, part, told.number));
    answerable(false);
    byId("score").textContent = quiz.score();
    byId("ask-next").focus();
  }

  function endQuiz() {
    quiz = null;
    document.body.classList.remove("asking");
    byId("quiz").hidden = true;
  }

  function leaveQuiz() {
    endQuiz();
    show();
    byId("ask").focus();
  }

  /* -- what people do */

  function cycle(id, step) {
    const options = [...byId(id).options].map((option) => option.value);
    const next = (options.indexOf(byId(id).value) + step + options.length) % options.length;
    if (options.length > 1) change(id, options[next]);
  }

  const KEYS = {
    ArrowLeft: () => go(at - 1),
    ArrowRight: () => go(at + 1),
    Home: () => go(0),
    End: () => go(most() - 1),
    "+": () => view.zoomAt(1.5, 0.5, 0.5),
    "=": () => view.zoomAt(1.5, 0.5, 0.5),
    "-": () => view.zoomAt(1 / 1.5, 0.5, 0.5),
    0: () => view.reset(),
    m: () => cycle("model", 1),
    M: () => cycle("model", -1),
    l: () => cycle("layer", 1),
    f: () => {
      byId("filters").open = !byId("filters").open;
      if (byId("filters").open) byId("columns").querySelector("[data-column]").focus();
    },
    q: () => (quiz ? leaveQuiz() : startQuiz()),
  };
  const QUIZ_KEYS = {
    s: () => answer("simulated"),
    g: () => answer("generated"),
    n: () => (byId("ask-next").disabled ? null : ask()),
  };
  const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea")) return;
    const picture = document.activeElement === pictures.right.canvas ? pictures.right : pictures.left;
    const act = event.shiftKey && ARROWS[event.key] ? () => picture.moveCursor(...ARROWS[event.key])
      : (quiz && QUIZ_KEYS[event.key]) || KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  const clicks = {
    previous: KEYS.ArrowLeft,
    next: KEYS.ArrowRight,
    out: KEYS["-"],
    in: KEYS["+"],
    whole: KEYS[0],
    ask: startQuiz,
    "say-simulated": QUIZ_KEYS.s,
    "say-generated": QUIZ_KEYS.g,
    "ask-next": QUIZ_KEYS.n,
    end: leaveQuiz,
    clear: () => change("filters", {}),
  };
  for (const [id, act] of Object.entries(clicks)) byId(id).addEventListener("click", act);
  for (const id of ["dataset", "label", "model", "layer"]) {
    byId(id).addEventListener("change", () => change(id, byId(id).value));
  }
  byId("colours").addEventListener("change", recolour);
  byId("columns").addEventListener("change", () => change("filters", controls.readFilters(), true));
  byId("number").addEventListener("change", () => go(Number(byId("number").value)));
  window.addEventListener("hashchange", follow);
  follow();
})();
