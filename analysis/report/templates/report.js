'use strict';
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, attributes = {}, text = '') => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  };

  // Figures as people read them, as analysis/text.py writes them.
  const UNITS = { seconds: 's', bytes: 'B', bytes_per_second: 'b/s' };
  const PREFIXES = [[1e15, 'P'], [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''],
    [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n']];
  function written(value, kind) {
    if (kind === 'share') return value.toFixed(3);
    const unit = UNITS[kind];
    if (!unit) return Number(value.toPrecision(4)).toLocaleString('en');
    if (kind === 'bytes_per_second') value *= 8;
    if (value === 0) return `0 ${unit}`;
    const [size, prefix] = PREFIXES.find(([least]) => Math.abs(value) >= least) || PREFIXES.at(-1);
    return `${Number((value / size).toPrecision(3))} ${prefix}${unit}`;
  }

  // Hide a variant: in every figure, and dimmed in tables.
  const hidden = new Set();
  function toggle(variant) {
    if (!hidden.delete(variant)) hidden.add(variant);
    const away = hidden.has(variant);
    for (const element of all(`[data-v="${variant}"]`)) element.classList.toggle('off', away);
    for (const button of all(`button[data-hides="${variant}"]`)) {
      button.setAttribute('aria-pressed', String(!away));
    }
  }
  for (const entry of all('.legend li[data-v]')) {
    const title = 'Show or hide this variant in all figures';
    const button = make('button', { type: 'button', 'aria-pressed': 'true', title });
    button.dataset.hides = entry.dataset.v;
    button.append(...entry.childNodes);
    entry.append(button);
    button.addEventListener('click', () => toggle(entry.dataset.v));
  }

  // Switch an axis: time, rounds, bytes, or all side by side.
  const switches = [];
  function show(axis) {
    for (const { figure, panels, buttons } of switches) {
      if (axis !== 'all' && !panels.some((panel) => panel.dataset.axis === axis)) continue;
      const one = axis !== 'all';
      figure.classList.toggle('one', one);
      for (const panel of panels) panel.classList.toggle('away', one && panel.dataset.axis !== axis);
      for (const button of buttons) {
        button.setAttribute('aria-pressed', String(button.dataset.shows === axis));
      }
    }
  }
  for (const figure of all('figure')) {
    const panels = all('.panel[data-axis]', figure);
    if (panels.length < 2) continue;
    const group = make('div', { class: 'switch', role: 'group', 'aria-label': 'Axis' });
    const names = panels.map((panel) => [panel.dataset.axis, panel.dataset.name]);
    const buttons = [...names, ['all', 'all']].map(([axis, name]) => {
      const button = make('button', { type: 'button' }, name);
      button.dataset.shows = axis;
      button.addEventListener('click', () => show(axis));
      return button;
    });
    group.append(...buttons);
    figure.querySelector('.figure-head').append(group);
    switches.push({ figure, panels, buttons });
    figure.classList.add('one');
  }
  for (const axis of ['bytes', 'rounds', 'seconds']) show(axis);

  // Sort a table by a column: numbers by value, names as text, once more turns it round.
  const value = (cell) => {
    const number = cell.dataset.sort;
    return number === undefined ? cell.textContent.trim().toLowerCase() : Number(number);
  };
  const order = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0)
    : typeof a === 'number' ? -1 : 1);
  function sort(table, place, head) {
    const falling = head.getAttribute('aria-sort') === 'ascending';
    for (const other of all('thead th', table)) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [value(row.cells[place]), row]);
    rows.sort(([a], [b]) => (falling ? order(b, a) : order(a, b)));
    body.append(...rows.map(([, row]) => row));
  }
  for (const table of all('table')) {
    all('thead th', table).forEach((head, place) => {
      const button = make('button', { type: 'button', title: 'Sort by this column' });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => sort(table, place, head));
    });
  }

  // Tell values: of a bar where the pointer rests on it, of lines along their axis.
  const tip = make('div', { class: 'tip', role: 'status', hidden: '' });
  document.body.append(tip);
  function tell(content, x, y) {
    tip.replaceChildren(...content);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const right = window.scrollX + document.documentElement.clientWidth;
    tip.style.left = `${Math.max(4, Math.min(x + 14, right - box.width - 8))}px`;
    tip.style.top = `${Math.max(4, y - box.height - 12)}px`;
  }
  const place = (scale, number) => {
    const [low, high] = scale.log ? scale.ends.map(Math.log) : scale.ends;
    return ((scale.log ? Math.log(number) : number) - low) / (high - low);
  };
  const number = (scale, share) => {
    const [low, high] = scale.log ? scale.ends.map(Math.log) : scale.ends;
    const found = low + share * (high - low);
    return scale.log ? Math.exp(found) : found;
  };
  function nearest(line, scale, x) {
    const distance = (i) => Math.abs(place(scale, line.x[i]) - place(scale, x));
    return line.x.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
  }
  class Plot {
    constructor(svg) {
      this.svg = svg;
      Object.assign(this, JSON.parse(svg.dataset.plot));
      this.dots = document.createElementNS(svg.namespaceURI, 'g');
      this.dots.setAttribute('class', 'dots');
      svg.append(this.dots);
      this.at = -1;
      svg.setAttribute('tabindex', '0');
      svg.addEventListener('pointermove', (event) => this.follow(event));
      svg.addEventListener('pointerleave', () => this.leave());
      svg.addEventListener('blur', () => this.leave());
      svg.addEventListener('keydown', (event) => this.step(event));
    }
    shown() { return this.lines.filter((line) => !hidden.has(String(line.v))); }
    follow(event) {
      const frame = this.svg.getBoundingClientRect();
      const across = (event.clientX - frame.left) * this.svg.viewBox.baseVal.width / frame.width;
      const share = (across - this.box[0]) / (this.box[2] - this.box[0]);
      if (share < -0.02 || share > 1.02) this.leave();
      else this.tell(number(this.x, share), event.pageX, event.pageY);
    }
    step(event) {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const points = [...new Set(this.shown().flatMap((line) => line.x))].sort((a, b) => a - b);
      if (!by || !points.length) return;
      event.preventDefault();
      this.at = Math.max(0, Math.min(points.length - 1, this.at + by));
      const frame = this.svg.getBoundingClientRect();
      this.tell(points[this.at], frame.left + window.scrollX, frame.top + window.scrollY + 40);
    }
    tell(x, pageX, pageY) {
      const [left, low, right, high] = this.box;
      const marks = [];
      const rows = this.shown().map((line) => {
        const i = nearest(line, this.x, x);
        const cx = left + place(this.x, line.x[i]) * (right - left);
        const cy = low + place(this.y, line.y[i]) * (high - low);
        const dot = document.createElementNS(this.svg.namespaceURI, 'circle');
        for (const [name, v] of Object.entries({ cx, cy, r: 4 })) dot.setAttribute(name, v);
        dot.style.fill = `var(--variant-${line.v % 7})`;
        marks.push(dot);
        const row = make('p');
        const name = make('b', {}, line.name);
        name.style.color = `var(--variant-${line.v % 7})`;
        row.append(name, ` ${written(line.y[i], this.y.kind)} at ${written(line.x[i], this.x.kind)}`);
        return row;
      });
      this.dots.replaceChildren(...marks);
      if (rows.length) tell(rows, pageX, pageY);
    }
    leave() {
      this.dots.replaceChildren();
      tip.hidden = true;
    }
  }
  for (const svg of all('svg[data-plot]')) new Plot(svg);
  document.addEventListener('pointermove', (event) => {
    if (event.target.closest('svg[data-plot]')) return;
    const told = event.target.closest('[data-tip]');
    if (told) tell([told.dataset.tip], event.pageX, event.pageY);
    else tip.hidden = true;
  });
  document.documentElement.classList.add('lively');
})();
