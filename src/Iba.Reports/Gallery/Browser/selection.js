// Which rows are shown, and in which order.

class Selection {
  constructor(rows) {
    this.rows = rows;
    this.order = rows.columnsByKey.has('unusual') ? 'unusual:down' : 'data';
    this.clear();
  }

  clear() {
    this.search = '';
    this.class = '';
    this.state = '';
    this.ranges = new Map();
  }

  /** The orders there are: [value, what it is called]. */
  orders() {
    const orders = [];
    for (const { key, title } of this.rows.columns) {
      if (key === 'unusual') orders.unshift(['unusual:down', 'outliers first']);
      else orders.push([`${key}:down`, `${title}, largest first`], [`${key}:up`, `${title}, smallest first`]);
    }
    return [...orders, ['name', 'name'], ['data', 'as in the data']];
  }

  /** The numbers of the rows to show, in order. */
  compute() {
    const { rows } = this;
    const words = this.search.toLowerCase().split(/\s+/).filter(word => word);
    const wanted = this.class === '' ? null : Number(this.class);
    const ranges = [...this.ranges].map(([key, range]) => [rows.columnsByKey.get(key).values, range]);
    const found = [];
    for (let row = 0; row < rows.count; row++) {
      if (wanted !== null && rows.explainedOf[row] !== wanted) continue;
      if (!this.hasState(row)) continue;
      if (!ranges.every(([values, range]) => within(values[row], range))) continue;
      if (!words.every(word => rows.searched(row).includes(word))) continue;
      found.push(row);
    }
    return this.sort(found);
  }

  hasState(row) {
    const failed = this.rows.failure(row) !== null;
    switch (this.state) {
      case 'explained': return !failed;
      case 'failed': return failed;
      case 'other': return this.rows.predictedOf[row] >= 0 && this.rows.predictedOf[row] !== this.rows.explainedOf[row];
      default: return true;
    }
  }

  // Sorting is stable: rows that are alike stay in the order of the data. Rows without a value come last, in either direction.
  sort(found) {
    if (this.order === 'data') return found;
    if (this.order === 'name') {
      const compare = new Intl.Collator('en', { numeric: true }).compare;
      return found.sort((a, b) => compare(this.rows.name(a), this.rows.name(b)));
    }
    const [key, direction] = this.order.split(':');
    const { values } = this.rows.columnsByKey.get(key);
    const sign = direction === 'down' ? -1 : 1;
    return found.sort((a, b) => (values[a] === null) - (values[b] === null) || sign * (values[a] - values[b]));
  }
}

/** Whether a value lies from a range's least to its most; 'below' excludes the end, as the intervals of histograms do. */
function within(value, { least, most, below }) {
  if (value === null) return false;
  if (least !== undefined && value < least) return false;
  if (most !== undefined && value > most) return false;
  return below === undefined || value < below;
}
