/* "Real or generated?": one event at a time, and how often the answer was right. */
"use strict";

darkpixel.Quiz = class {
  /* sides: {simulated, generated}, each {part, numbers} of events that pass the filters. */
  constructor(sides) {
    this.sides = sides;
    this.left = {
      simulated: [...sides.simulated.numbers],
      generated: [...sides.generated.numbers],
    };
    this.right = 0;
    this.answered = 0;
    this.question = null;
  }

  /* The next event, which has not been asked before; null where one side has no more. */
  next() {
    if (!this.left.simulated.length || !this.left.generated.length) {
      this.question = null;
      return null;
    }
    const side = Math.random() < 0.5 ? "simulated" : "generated";
    const at = Math.floor(Math.random() * this.left[side].length);
    const [number] = this.left[side].splice(at, 1);
    this.question = { side, event: this.sides[side].part.event(number) };
    return this.question.event;
  }

  /* Whether it was right; an event is answered once. */
  answer(side) {
    const { question } = this;
    if (!question || question.answer) return null;
    question.answer = side;
    const right = side === question.side;
    this.answered += 1;
    this.right += right ? 1 : 0;
    return { right, side: question.side, number: question.event.number };
  }

  /* "7 of 10 right; guessing gives 5.0 ± 1.6" */
  score() {
    if (!this.answered) return "No answer yet.";
    const spread = Math.sqrt(this.answered) / 2;
    return `${this.right} of ${this.answered} right; guessing gives `
      + `${(this.answered / 2).toFixed(1)} ± ${spread.toFixed(1)}.`;
  }
};
