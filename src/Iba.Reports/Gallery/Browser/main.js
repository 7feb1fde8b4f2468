// Puts the parts together and connects them with the controls.

const rows = new Rows(JSON.parse(byId('index').textContent));
const scale = new Scale(rows);
const selection = new Selection(rows);
const details = new Details(rows, scale, place => grid.focus(place));
const grid = new Grid(byId('gallery'), row => makeTile(row, rows, scale), place => details.show(grid.rows, place));

// The pages beside this file call it.
globalThis.receivePage = (number, entries) => rows.receive(number, entries);
rows.onMissing = reason => {
  byId('missing').textContent = reason;
  byId('missing').hidden = false;
};

function update() {
  const found = selection.compute();
  grid.show(found);
  byId('count').textContent = found.length === rows.count
    ? `${rows.count.toLocaleString('en')} rows`
    : `${found.length.toLocaleString('en')} of ${rows.count.toLocaleString('en')} rows`;
  byId('empty').hidden = found.length > 0;
  byId('printed').textContent = `The first ${Math.min(found.length, tilesPrinted)} of ${found.length.toLocaleString('en')} rows, in this order: ${byId('order').selectedOptions[0].textContent}.`;
}

function showRanges() {
  byId('ranges').replaceChildren(...rows.columns.map(({ key, title }) => make('fieldset', {}, make('legend', {}, title),
    ...[['least', 'from'], ['most', 'to']].map(([end, word]) => make('input', {
      type: 'number', step: 'any', id: `${end}-${key}`, placeholder: word, 'aria-label': `${title} ${word}`, 'data-column': key,
    })))));
}

/** Clears all filters, then sets some, and shows the gallery. */
function choose(set) {
  byId('filters').reset();
  selection.clear();
  set();
  update();
  openTab(byId('tab-gallery'));
  scrollTo(0, 0);
}

function chooseClass(number) {
  choose(() => { selection.class = byId('class').value = String(number); });
}

function chooseRange(key, range) {
  choose(() => {
    selection.ranges.set(key, range);
    byId(`least-${key}`).value = range.least;
    byId(`most-${key}`).value = range.below;
  });
}

function onFilter(event) {
  const { id, dataset, value } = event.target;
  if (dataset.column) {
    const [least, most] = ['least', 'most'].map(end => byId(`${end}-${dataset.column}`).value);
    if (least === '' && most === '') selection.ranges.delete(dataset.column);
    else selection.ranges.set(dataset.column, { least: least === '' ? undefined : Number(least), most: most === '' ? undefined : Number(most) });
  } else {
    selection[id] = value;
  }
  update();
}

function openTab(tab) {
  for (const other of document.querySelectorAll('[role=tab]')) {
    const chosen = other === tab;
    other.setAttribute('aria-selected', chosen);
    other.tabIndex = chosen ? 0 : -1;
    byId(other.getAttribute('aria-controls')).classList.toggle('closed', !chosen);
  }
  grid.measure();
  grid.render();
}

function connectTabs() {
  const tabs = [...document.querySelectorAll('[role=tab]')];
  for (const tab of tabs) {
    tab.addEventListener('click', () => openTab(tab));
    tab.addEventListener('keydown', event => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
      openTab(next);
      next.focus();
    });
  }
  openTab(tabs[0]);
}

/** Shows photographs and maps in a proportion, 0 to 100 per cent of map. The gallery's slider and that of the details are one. */
function mix(percent) {
  document.body.style.setProperty('--map', percent / 100);
  for (const input of document.querySelectorAll('.mix-input')) {
    input.value = percent;
    input.setAttribute('aria-valuetext', `${percent} % map`);
  }
}

function connectScale() {
  for (const unit of document.querySelectorAll('.unit')) unit.textContent = rows.unit;
  byId('top').value = scale.top;
  for (const id of ['scale', 'top']) {
    byId(id).addEventListener('change', () => scale.change(byId('scale').value === 'shared', Number(byId('top').value)));
  }
  scale.addEventListener('change', () => {
    byId('top').disabled = !scale.shared;
    scale.drawLegend(byId('legend'));
    grid.redraw();
  });
  scale.drawLegend(byId('legend'));
}

function start() {
  byId('class').append(...rows.classes.map(({ class: number, rows: count }) => make('option', { value: String(number) }, `${rows.classNames[number]} (${count})`)));
  byId('order').append(...selection.orders().map(([value, title]) => make('option', { value }, title)));
  byId('order').value = selection.order;
  byId('order').addEventListener('change', event => { selection.order = event.target.value; update(); });
  for (const input of document.querySelectorAll('.mix-input')) input.addEventListener('input', () => mix(Number(input.value)));
  for (const label of document.querySelectorAll('.mix')) label.hidden = rows.unit !== 'bits/pixel';
  if (matchMedia('(max-width: 52rem)').matches) byId('filter-box').open = false;
  byId('filters').addEventListener('input', onFilter);
  byId('filters').addEventListener('submit', event => event.preventDefault());
  byId('filters').addEventListener('reset', () => { selection.clear(); update(); });
  byId('theme').addEventListener('change', event => { document.documentElement.dataset.theme = event.target.value; });
  byId('print').addEventListener('click', () => print());
  for (const [event, printing] of [['beforeprint', true], ['afterprint', false]]) addEventListener(event, () => grid.print(printing));
  matchMedia('print').addEventListener('change', event => grid.print(event.matches));
  showRanges();
  mix(50);
  connectScale();
  connectTabs();
  showClasses(rows, scale, chooseClass);
  connectHistograms(chooseRange);
  update();
}

start();
