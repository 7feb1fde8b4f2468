// The gallery: only the lines of tiles in view, and a few around them, are in the document.

const gap = 14, captionHeight = 72, leastTile = 160, linesAround = 3, tilesPrinted = 60;

class Grid {
  constructor(host, makeTile, open) {
    this.host = host;
    this.makeTile = makeTile;
    this.open = open;
    this.rows = [];
    this.active = 0;
    this.lines = new Map();
    this.printing = false;
    new ResizeObserver(() => this.measure()).observe(host);
    addEventListener('scroll', () => this.render(), { passive: true });
    host.addEventListener('keydown', event => this.onKey(event));
    host.addEventListener('click', event => {
      const tile = event.target.closest('.tile');
      if (tile) this.open(this.active = Number(tile.dataset.place));
    });
  }

  /** Shows rows, from the first on. */
  show(rows) {
    this.rows = rows;
    this.active = 0;
    this.width = undefined;
    this.measure();
  }

  measure() {
    const width = this.host.clientWidth;
    if (width === this.width || width === 0) return;
    this.width = width;
    this.columns = Math.max(1, Math.floor((width + gap) / (leastTile + gap)));
    this.lineHeight = Math.floor((width - gap * (this.columns - 1)) / this.columns) + captionHeight + gap;
    this.count = Math.ceil(this.rows.length / this.columns);
    this.host.style.setProperty('--columns', this.columns);
    this.host.style.setProperty('--line', `${this.lineHeight - gap}px`);
    this.host.style.height = `${this.count * this.lineHeight}px`;
    this.host.setAttribute('aria-rowcount', this.count);
    this.host.setAttribute('aria-colcount', this.columns);
    this.redraw();
  }

  /** Draws the tiles in view anew. */
  redraw() {
    for (const line of this.lines.values()) line.remove();
    this.lines.clear();
    this.render();
  }

  render() {
    if (!this.columns) return;
    const [first, last] = this.range();
    for (const [number, line] of this.lines) {
      // The line with the focus stays, wherever it is: a focus that is gone leaves those who use the keyboard at the page's start.
      if ((number < first || number > last) && !line.contains(document.activeElement)) {
        line.remove();
        this.lines.delete(number);
      }
    }
    for (let number = first; number <= last; number++) {
      if (!this.lines.has(number)) this.insert(number);
    }
  }

  range() {
    if (this.printing) return [0, Math.min(this.count, Math.ceil(tilesPrinted / this.columns)) - 1];
    const top = -this.host.getBoundingClientRect().top;
    return [
      Math.max(0, Math.floor(top / this.lineHeight) - linesAround),
      Math.min(this.count - 1, Math.floor((top + innerHeight) / this.lineHeight) + linesAround),
    ];
  }

  // Lines stand in the document in their order, which is the one that screen readers read.
  insert(number) {
    const line = make('div', { className: 'line', role: 'row', 'aria-rowindex': number + 1 });
    line.style.transform = `translateY(${number * this.lineHeight}px)`;
    for (let column = 0; column < this.columns; column++) {
      const place = number * this.columns + column;
      if (place >= (this.printing ? Math.min(tilesPrinted, this.rows.length) : this.rows.length)) break;
      const tile = this.makeTile(this.rows[place]);
      tile.dataset.place = place;
      if (place === this.active) tile.tabIndex = 0;
      line.append(make('div', { role: 'gridcell', 'aria-colindex': column + 1 }, tile));
    }
    const later = [...this.lines.keys()].filter(other => other > number);
    this.host.insertBefore(line, later.length ? this.lines.get(Math.min(...later)) : null);
    this.lines.set(number, line);
  }

  /** Gives a place the focus and brings it into view. */
  focus(place) {
    place = Math.max(0, Math.min(this.rows.length - 1, place));
    const before = this.tile(this.active);
    if (before) before.tabIndex = -1;
    this.active = place;
    const line = Math.floor(place / this.columns);
    if (!this.lines.has(line)) this.insert(line);
    const tile = this.tile(place);
    tile.tabIndex = 0;
    tile.focus({ preventScroll: true });
    tile.scrollIntoView({ block: 'nearest' });
    this.render();
  }

  tile(place) { return this.host.querySelector(`.tile[data-place="${place}"]`); }

  onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || this.rows.length === 0) return;
    const page = this.columns * Math.max(1, Math.floor(innerHeight / this.lineHeight) - 1);
    const moves = {
      ArrowRight: this.active + 1, ArrowLeft: this.active - 1,
      ArrowDown: this.active + this.columns, ArrowUp: this.active - this.columns,
      PageDown: this.active + page, PageUp: this.active - page,
      Home: 0, End: this.rows.length - 1,
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.focus(moves[event.key]);
  }

  /** Lays out the first tiles for paper, or goes back to the screen. */
  print(printing) {
    if (this.printing === printing) return;
    this.printing = printing;
    this.redraw();
  }
}
