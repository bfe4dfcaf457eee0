/* Drawing an event on a canvas: colours, zoom, the pixel under the pointer. */
"use strict";

darkpixel.LAYER_COLOURS = [
  [190, 190, 190], // background: charge below the threshold
  [0, 158, 200], // shower
  [222, 120, 0], // track
];

/* Value to colour; the same for all pictures of a data set. Zero is white. */
darkpixel.Scale = class {
  constructor(low, high, colours) {
    this.low = low;
    this.high = high;
    this.logarithmic = true;
    this.colours = colours.match(/../g).map((pair) => parseInt(pair, 16));
  }

  /* From 0 to 1. */
  place(value) {
    const place = this.logarithmic
      ? Math.log(value / this.low) / Math.log(this.high / this.low)
      : value / this.high;
    return Math.min(1, Math.max(0, place));
  }

  colour(value) {
    const at = 3 * Math.round(255 * this.place(value));
    return this.colours.slice(at, at + 3);
  }

  /* Values whose products with `factor`, which people read, are round. */
  ticks(factor) {
    if (!this.logarithmic) return [0, 0.25, 0.5, 0.75, 1].map((part) => part * this.high);
    const found = [];
    const first = Math.ceil(Math.log10(this.low * factor) - 1e-9);
    for (let power = first; 10 ** power <= this.high * factor; power += 1) {
      found.push(10 ** power / factor);
    }
    return found;
  }
};

/* What part of the image is seen: one for both pictures. Fractions of the image's sides. */
darkpixel.View = class {
  constructor(changed) {
    this.changed = changed;
    this.zoom = 1;
    this.left = 0;
    this.top = 0;
  }

  reset() {
    this.zoom = 1;
    this.left = 0;
    this.top = 0;
    this.changed();
  }

  /* Keep the point (x, y), fractions of the picture, where it is. */
  zoomAt(factor, x, y) {
    const zoom = Math.min(32, Math.max(1, this.zoom * factor));
    this.left += x / this.zoom - x / zoom;
    this.top += y / this.zoom - y / zoom;
    this.zoom = zoom;
    this.moveBy(0, 0);
  }

  moveBy(x, y) {
    const most = 1 - 1 / this.zoom;
    this.left = Math.min(most, Math.max(0, this.left + x / this.zoom));
    this.top = Math.min(most, Math.max(0, this.top + y / this.zoom));
    this.changed();
  }
};

darkpixel.Picture = class {
  /* pointed({row, column, height, width, value, label}) is called where a pixel is pointed at, or with null. */
  constructor(canvas, view, pointed) {
    this.canvas = canvas;
    this.view = view;
    this.pointed = pointed;
    this.pixels = document.createElement("canvas");
    this.event = null;
    this.cursor = null;
    new ResizeObserver(() => this.draw()).observe(canvas);
    this.listen();
  }

  show(event, scale, layer) {
    this.event = event;
    this.cursor = null;
    this.byPlace = new Map();
    if (event) {
      this.pixels.width = event.width;
      this.pixels.height = event.height;
      this.canvas.style.aspectRatio = `${event.width} / ${event.height}`;
      const context = this.pixels.getContext("2d");
      const image = context.createImageData(event.width, event.height);
      image.data.fill(255);
      const labels = layer ? event.layers[layer] : null;
      event.places.forEach((place, at) => {
        this.byPlace.set(place, at);
        const colour = labels
          ? darkpixel.LAYER_COLOURS[labels[at]]
          : scale.colour(event.values[at]);
        image.data.set(colour, 4 * place);
      });
      context.putImageData(image, 0, 0);
      this.labels = labels;
    }
    this.draw();
  }

  draw() {
    const { canvas, view } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    if (!this.event) return;
    const { width: columns, height: rows } = this.event;
    context.drawImage(
      this.pixels,
      view.left * columns, view.top * rows, columns / view.zoom, rows / view.zoom,
      0, 0, width, height,
    );
    if (this.cursor) {
      const side = { x: (width * view.zoom) / columns, y: (height * view.zoom) / rows };
      context.strokeStyle = "#d4006a";
      context.lineWidth = 2 * ratio;
      context.strokeRect(
        (this.cursor.column / columns - view.left) * view.zoom * width,
        (this.cursor.row / rows - view.top) * view.zoom * height,
        side.x, side.y,
      );
    }
  }

  /* Point at a pixel, or at none. */
  point(row, column) {
    const inside = this.event && row >= 0 && column >= 0
      && row < this.event.height && column < this.event.width;
    this.cursor = inside ? { row, column } : null;
    this.draw();
    if (!inside) {
      this.pointed(null);
      return;
    }
    const at = this.byPlace.get(row * this.event.width + column);
    this.pointed({
      row,
      column,
      height: this.event.height,
      width: this.event.width,
      value: at === undefined ? 0 : this.event.values[at],
      label: this.labels && at !== undefined ? this.labels[at] : null,
    });
  }

  /* By the keyboard; from the middle where no pixel is pointed at. */
  moveCursor(rows, columns) {
    if (!this.event) return;
    const from = this.cursor
      || { row: Math.floor(this.event.height / 2), column: Math.floor(this.event.width / 2) };
    const clip = (value, most) => Math.min(most - 1, Math.max(0, value));
    this.point(
      clip(from.row + rows, this.event.height),
      clip(from.column + columns, this.event.width),
    );
  }

  listen() {
    const { canvas } = this;
    let dragged = null;
    const fractions = (event) => {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    const pointAt = (event) => {
      if (!this.event) return;
      const [x, y] = fractions(event);
      this.point(
        Math.floor((this.view.top + y / this.view.zoom) * this.event.height),
        Math.floor((this.view.left + x / this.view.zoom) * this.event.width),
      );
    };
    canvas.addEventListener("pointerdown", (event) => {
      dragged = fractions(event);
      pointAt(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (dragged && event.buttons && this.view.zoom > 1) {
        const [x, y] = fractions(event);
        this.view.moveBy(dragged[0] - x, dragged[1] - y);
        dragged = [x, y];
      }
      pointAt(event);
    });
    canvas.addEventListener("pointerup", () => { dragged = null; });
    canvas.addEventListener("pointerleave", (event) => {
      dragged = null;
      if (event.pointerType === "mouse") this.point(-1, -1);
    });
    // With Ctrl, which a pinch on a trackpad sends too; without it the page scrolls.
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.view.zoomAt(event.deltaY < 0 ? 1.25 : 0.8, ...fractions(event));
    }, { passive: false });
    canvas.addEventListener("dblclick", (event) => this.view.zoomAt(2, ...fractions(event)));
  }
};
