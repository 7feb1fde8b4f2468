// The rows: their names and numbers are here from the start, their pictures and texts come page by page.

const pagesKept = 96;

class Rows {
  constructor(index) {
    Object.assign(this, index);
    this.count = this.names.length;
    this.columnsByKey = new Map(this.columns.map(column => [column.key, column]));
    this.pages = new Map();
    this.onMissing = () => {};
  }

  name(row) { return this.names[row] instanceof Array ? this.names[row][0] : this.names[row]; }

  /** Why a row could not be explained; null: it could. */
  failure(row) { return this.names[row] instanceof Array ? this.names[row][1] : null; }

  predicted(row) { return this.className(this.predictedOf[row]); }

  explained(row) { return this.className(this.explainedOf[row]); }

  className(number) { return number < 0 ? null : this.classNames[number]; }

  value(key, row) { return this.columnsByKey.get(key)?.values[row] ?? null; }

  /** What is searched: all that is written on a row. */
  searched(row) {
    this.lowered ??= new Array(this.count);
    return this.lowered[row] ??= [this.name(row), this.explained(row), this.predicted(row), this.failure(row)].join('\n').toLowerCase();
  }

  /** A row's picture and text where its page is here, else null. */
  entryNow(row) {
    const number = Math.floor(row / this.rowsPerPage);
    const page = this.pages.get(number);
    if (!page?.entries) return null;
    // The page used last is the last to go.
    this.pages.delete(number);
    this.pages.set(number, page);
    return page.entries[row % this.rowsPerPage];
  }

  /** A row's picture and text, when its page has come; null where it is missing. */
  async entry(row) {
    const number = Math.floor(row / this.rowsPerPage);
    if (!this.pages.has(number)) this.begin(number);
    const entries = await this.pages.get(number).arrival;
    return entries?.[row % this.rowsPerPage] ?? null;
  }

  begin(number) {
    const page = {};
    page.arrival = new Promise(resolve => { page.resolve = resolve; });
    this.pages.set(number, page);
    if (this.pages.size > pagesKept) {
      for (const [old, { entries }] of this.pages) {
        if (entries && this.pages.size > pagesKept) this.pages.delete(old);
      }
    }
    if (this.folder === null) this.readInside(number);
    else this.readBeside(number);
  }

  receive(number, entries) {
    const page = this.pages.get(number);
    if (!page) return;
    page.entries = entries;
    page.resolve(entries);
  }

  readInside(number) {
    const element = byId(`page-${number}`);
    const loading = document.readyState === 'loading';
    // While the file loads, the last element may be there in part.
    if (loading && !element?.nextSibling) {
      requestAnimationFrame(() => this.readInside(number));
      return;
    }
    try {
      this.receive(number, JSON.parse(element.textContent));
    } catch {
      this.lose(number, 'This file is not complete: some rows are missing at its end.');
    }
  }

  readBeside(number) {
    const script = document.createElement('script');
    script.src = `${encodeURIComponent(this.folder)}/${String(number).padStart(5, '0')}.js`;
    script.onload = () => script.remove();
    script.onerror = () => {
      script.remove();
      this.lose(number, `Photographs, maps and texts lie in the folder '${this.folder}', which belongs beside this file: some of it is missing.`);
    };
    document.head.append(script);
  }

  lose(number, reason) {
    const page = this.pages.get(number);
    this.pages.delete(number);
    page.resolve(null);
    this.onMissing(reason);
  }
}
