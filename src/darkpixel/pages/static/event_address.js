/* What is chosen, as the fragment of the page's address, so that one event can be linked to:
   #dataset=jets&label=signal&model=lagan&event=17&layer=ssnet&species=13&momentum=100..200 */
"use strict";

darkpixel.short = (source) => source.key.split("/").pop();

/* A choice of what there is: {dataset, label, model, layer, filters}; what is asked for and not
   there is told in `problems`, and `event` is the number that is asked for, or null. */
darkpixel.fromAddress = (fragment, catalogue) => {
  const given = new URLSearchParams(fragment.replace(/^#/, ""));
  const problems = [];
  const pick = (name, known, otherwise) => {
    const wanted = given.get(name);
    if (wanted === null || known.includes(wanted)) return wanted === null ? otherwise : wanted;
    problems.push(`no ${name} "${wanted}"`);
    return otherwise;
  };
  const name = pick("dataset", catalogue.datasets.map((one) => one.name), catalogue.datasets[0].name);
  const dataset = catalogue.datasets.find((one) => one.name === name);
  const models = dataset.models.map(darkpixel.short);
  const filters = {};
  for (const column of dataset.columns) {
    const text = given.get(column.name);
    if (text === null) continue;
    const [low, high] = text.includes("..") ? text.split("..") : [text, text];
    const end = (word, open) => (word === "" || Number.isNaN(Number(word)) ? open : Number(word));
    filters[column.name] = { low: end(low, -Infinity), high: end(high, Infinity) };
  }
  return {
    dataset: name,
    label: pick("label", dataset.labels, dataset.labels[0]),
    model: models.length ? pick("model", models, models[models.length - 1]) : null,
    layer: pick("layer", dataset.layers.map((one) => one.name), ""),
    filters,
    event: given.get("event"),
    problems,
  };
};

darkpixel.address = (chosen, event) => {
  const words = new URLSearchParams({ dataset: chosen.dataset, label: chosen.label });
  if (chosen.model) words.set("model", chosen.model);
  if (event !== null) words.set("event", event);
  if (chosen.layer) words.set("layer", chosen.layer);
  const end = (value) => (Number.isFinite(value) ? String(value) : "");
  for (const [name, { low, high }] of Object.entries(chosen.filters)) {
    words.set(name, low === high ? String(low) : `${end(low)}..${end(high)}`);
  }
  return `#${words}`;
};
