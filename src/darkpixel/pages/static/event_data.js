/* Events as darkpixel.pages.events wrote them: loading, decoding, choosing. */
"use strict";

const darkpixel = (() => {
  const loaded = new Map();

  function bytes(base64) {
    const text = atob(base64);
    const found = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at += 1) found[at] = text.charCodeAt(at);
    return found;
  }

  /* The events of one file: sparse pixels, as typed arrays. */
  class Part {
    constructor(packed) {
      this.label = packed.label;
      this.height = packed.height;
      this.width = packed.width;
      this.columns = packed.columns;
      this.starts = new Uint32Array(bytes(packed.starts).buffer);
      const places = bytes(packed.places).buffer;
      this.places = packed.bits === 16 ? new Uint16Array(places) : new Uint32Array(places);
      this.values = new Float32Array(bytes(packed.values).buffer);
      this.layers = {};
      for (const [name, labels] of Object.entries(packed.layers)) this.layers[name] = bytes(labels);
    }

    get count() {
      return this.starts.length - 1;
    }

    /* The non-zero pixels of an event: their places (row * width + column), values, labels. */
    event(number) {
      const from = this.starts[number];
      const to = this.starts[number + 1];
      const layers = {};
      for (const [name, labels] of Object.entries(this.layers)) {
        layers[name] = labels.subarray(from, to);
      }
      return {
        number,
        height: this.height,
        width: this.width,
        places: this.places.subarray(from, to),
        values: this.values.subarray(from, to),
        layers,
      };
    }

    /* Numbers of the events that pass all filters: {column: {low, high}}, bounds included.
       A filter of a column that the file does not have is passed by all. */
    passing(filters) {
      const chosen = [];
      const active = Object.entries(filters).filter(([name]) => this.columns[name]);
      for (let number = 0; number < this.count; number += 1) {
        const passes = active.every(([name, { low, high }]) => {
          const value = this.columns[name][number];
          return value !== null && value >= low && value <= high;
        });
        if (passes) chosen.push(number);
      }
      return chosen;
    }
  }

  /* Called by the scripts that hold events. */
  function add(packed) {
    loaded.set(packed.key, packed.parts.map((part) => new Part(part)));
  }

  /* The parts of a source. A page from disk may not read files, but it may run a script. */
  function load(source) {
    if (loaded.has(source.key)) return Promise.resolve(loaded.get(source.key));
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = source.script;
      script.onload = () => resolve(loaded.get(source.key));
      script.onerror = () => reject(new Error(`${source.script}: cannot be read`));
      document.head.append(script);
    });
  }

  return { add, load, loaded };
})();
