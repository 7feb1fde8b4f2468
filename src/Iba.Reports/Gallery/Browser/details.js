// One row, large, with all that is known of it.

class Details {
  constructor(rows, scale, onClose) {
    this.rows = rows;
    this.scale = scale;
    this.dialog = byId('details');
    this.body = byId('details-body');
    byId('details-close').addEventListener('click', () => this.dialog.close());
    byId('details-previous').addEventListener('click', () => this.move(-1));
    byId('details-next').addEventListener('click', () => this.move(1));
    this.dialog.addEventListener('close', () => onClose(this.place));
    this.dialog.addEventListener('click', event => { if (event.target === this.dialog) this.dialog.close(); });
    this.dialog.addEventListener('keydown', event => {
      if (event.target.matches('input')) return;
      if (event.key === 'ArrowLeft') this.move(-1);
      if (event.key === 'ArrowRight') this.move(1);
    });
    scale.addEventListener('change', () => { if (this.dialog.open) this.draw(); });
  }

  /** Shows one of the rows that the gallery shows. */
  show(shown, place) {
    this.shown = shown;
    this.place = place;
    this.draw();
    if (!this.dialog.open) this.dialog.showModal();
  }

  move(by) {
    const place = this.place + by;
    if (place >= 0 && place < this.shown.length) this.show(this.shown, place);
  }

  draw() {
    const row = this.shown[this.place];
    byId('details-title').textContent = this.rows.name(row);
    byId('details-previous').disabled = this.place === 0;
    byId('details-next').disabled = this.place === this.shown.length - 1;
    const picture = make('div', { className: 'picture' });
    const reading = make('p', { className: 'reading' });
    const facts = make('table', {}, make('tbody', {}, ...this.facts(row)));
    this.body.replaceChildren(make('div', {}, picture, reading), facts);
    this.drawn = this.fill(row, picture, reading, facts);
  }

  async fill(row, picture, reading, facts) {
    await showPicture(picture, row, this.rows, this.scale, 'large');
    const entry = await this.rows.entry(row);
    if (!entry || !picture.isConnected) return;
    if (entry.note) facts.tBodies[0].append(this.fact('Note', entry.note));
    if (strongest(entry)) facts.tBodies[0].append(this.fact('Most bits', strongest(entry)));
    if (!entry.map) return;
    facts.tBodies[0].append(this.fact('Largest value', `${format(entry.largest)} bits/pixel`));
    const canvas = picture.querySelector('canvas');
    reading.textContent = 'Point at the map to read it.';
    canvas.addEventListener('pointermove', event => {
      const [x, y] = [Math.floor(event.offsetX / canvas.clientWidth * entry.width), Math.floor(event.offsetY / canvas.clientHeight * entry.height)];
      const value = atob(entry.map).charCodeAt(Math.min(entry.height - 1, y) * entry.width + Math.min(entry.width - 1, x));
      reading.textContent = value === unknown ? 'not covered by the map' : `${format(value / steps * entry.largest)} bits/pixel here`;
    });
  }

  facts(row) {
    const { rows } = this;
    const facts = [this.fact('Row', String(row + 1))];
    if (rows.failure(row) !== null) facts.push(this.fact('Not explained', rows.failure(row)));
    if (rows.explained(row) !== null) facts.push(this.fact('Explained class', rows.explained(row)));
    if (rows.predicted(row) !== null) facts.push(this.fact('Predicted class', rows.predicted(row)));
    for (const { key, title, values } of rows.columns) {
      if (values[row] !== null) facts.push(this.fact(title, format(values[row])));
    }
    return facts;
  }

  fact(name, value) { return make('tr', {}, make('th', { scope: 'row' }, name), make('td', {}, value)); }
}
