/* What stands around the pictures: choices, filters, the facts of an event, the scale of colours. */
"use strict";

darkpixel.controls = (() => {
  const byId = (id) => document.getElementById(id);
  const format = (value) => (
    value === null || value === undefined ? "–" : String(+value.toPrecision(4))
  );

  /* A choice of one is none, and is not shown. */
  function fill(id, options, chosen) {
    const select = byId(id);
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    select.value = chosen;
    select.closest("label").hidden = options.length < 2;
  }

  function fillChoices(catalogue, dataset, chosen) {
    fill("dataset", catalogue.datasets.map((one) => [one.name, one.title]), chosen.dataset);
    fill("label", dataset.labels.map((one) => [one, one]), chosen.label);
    const models = dataset.models.map((one) => [
      darkpixel.short(one), one.title + (one.remark && ` (${one.remark})`),
    ]);
    fill("model", models, chosen.model);
    const layers = dataset.layers.map((one) => [one.name, one.title]);
    fill("layer", [["", "pixel values"], ...layers], chosen.layer);
  }

  function fillFilters(dataset, filters) {
    byId("columns").replaceChildren(...dataset.columns.map((column) => {
      const set = document.createElement("fieldset");
      const legend = document.createElement("legend");
      legend.textContent = column.title + (column.unit && `, ${column.unit}`);
      set.append(legend, ...(column.choices ? [choice(column, filters[column.name])]
        : range(column, filters[column.name])));
      return set;
    }));
    byId("filters").hidden = !dataset.columns.length;
    if (Object.keys(filters).length) byId("filters").open = true;
  }

  function choice(column, filter) {
    const select = document.createElement("select");
    const options = column.choices.map(([value, text]) => new Option(text, value));
    select.append(new Option("all", ""), ...options);
    select.value = filter ? filter.low : "";
    select.setAttribute("aria-label", column.title);
    select.dataset.column = column.name;
    return select;
  }

  function range(column, filter) {
    const ends = ["low", "high"].map((end) => {
      const input = document.createElement("input");
      Object.assign(input, { type: "number", step: "any", placeholder: format(column[end]) });
      input.setAttribute("aria-label", `${column.title}, ${end === "low" ? "from" : "to"}`);
      Object.assign(input.dataset, { column: column.name, end });
      if (filter && Number.isFinite(filter[end])) input.value = filter[end];
      return input;
    });
    return [ends[0], " to ", ends[1]];
  }

  function readFilters() {
    const filters = {};
    for (const field of byId("columns").querySelectorAll("[data-column]")) {
      const { column, end } = field.dataset;
      if (field.value === "") continue;
      const value = Number(field.value);
      const known = filters[column] || { low: -Infinity, high: Infinity };
      filters[column] = end ? { ...known, [end]: value } : { low: value, high: value };
    }
    return filters;
  }

  /* "(1 set; 40 of 200 and 200 of 200 pass; VQ-VAE + PixelCNN has no species)" */
  function passing(dataset, filters, sources) {
    const names = Object.keys(filters);
    const there = sources.filter(([, side]) => side);
    if (!names.length) return "";
    const counts = there.map(([, side]) => `${side.numbers.length} of ${side.part.count}`);
    const lacking = there.flatMap(([source, side]) => dataset.columns
      .filter((column) => names.includes(column.name) && !side.part.columns[column.name])
      .map((column) => `; ${source.title} has no ${column.title}`));
    return `(${names.length} set; ${counts.join(" and ")} pass${lacking.join("")})`;
  }

  /* "(0 to 39 of those that pass)", the numbers that the box takes. */
  function places(total, filters) {
    if (!total) return "(none)";
    const chosen = Object.keys(filters).length ? " of those that pass the filters" : "";
    return `(0 to ${total - 1}${chosen})`;
  }

  /* "pT 245.1 GeV · mass 80.2 GeV · non-zero pixels 36" */
  function facts(dataset, part, number) {
    return dataset.columns.filter((column) => part.columns[column.name]).map((column) => {
      const value = part.columns[column.name][number];
      const known = (column.choices || []).find(([of]) => of === value);
      const unit = column.unit && value !== null ? ` ${column.unit}` : "";
      return `${column.title} ${known ? known[1] : format(value)}${unit}`;
    }).join(" · ");
  }

  /* "3.2 GeV · row 12, column 8 · relative η -0.4, φ 0.1" */
  function reading(catalogue, dataset, pixel) {
    const words = [`${format(pixel.value * dataset.factor)} ${dataset.unit}`.trim()];
    if (pixel.label !== null) words.push(catalogue.classes[pixel.label]);
    words.push(`row ${pixel.row}, column ${pixel.column}`);
    const { side } = dataset;
    if (side) {
      const x = (pixel.column - (pixel.width - 1) / 2) * side.size;
      const y = ((pixel.height - 1) / 2 - pixel.row) * side.size;
      words.push(side.kind === "angles"
        ? `relative η ${x.toFixed(3)}, φ ${y.toFixed(3)}`
        : `${x.toFixed(1)} cm, ${y.toFixed(1)} cm from the centre`);
    }
    return words.join(" · ");
  }

  function drawScale(scale, dataset) {
    const canvas = byId("scale").querySelector("canvas");
    canvas.width = 256;
    const context = canvas.getContext("2d");
    for (let at = 0; at < 256; at += 1) {
      context.fillStyle = `rgb(${scale.colours.slice(3 * at, 3 * at + 3)})`;
      context.fillRect(at, 0, 1, canvas.height);
    }
    byId("ticks").replaceChildren(...scale.ticks(dataset.factor).map((value) => {
      const tick = document.createElement("span");
      tick.textContent = String(+(value * dataset.factor).toPrecision(2));
      tick.style.left = `${100 * scale.place(value)}%`;
      return tick;
    }));
    byId("unit").textContent = dataset.unit;
  }

  function drawLegend(classes) {
    byId("legend").replaceChildren(...classes.map((name, label) => {
      const item = document.createElement("span");
      item.textContent = label ? name : "background, or below threshold";
      item.style.setProperty("--colour", `rgb(${darkpixel.LAYER_COLOURS[label]})`);
      return item;
    }));
  }

  return { fillChoices, fillFilters, readFilters, passing, places, facts, reading, drawScale, drawLegend };
})();
