// Classes and distributions: each leads to the rows behind it.

const classesAtFirst = 60;

/** Draws the cards of the classes; 'choose' is called with a class's number. */
function showClasses(rows, scale, choose) {
  const list = byId('classes'), more = byId('more-classes');
  // Averages are flatter than maps: they share a scale of their own.
  const top = Math.max(...rows.classes.map(card => card.largest ?? 0));
  if (top > 0) byId('classes-scale').textContent = `The highest colour is ${format(top)} bits/pixel, for all classes.`;
  const draw = count => list.replaceChildren(...rows.classes.slice(0, count).map(card => makeClassCard(card, rows, scale, top, choose)));
  draw(classesAtFirst);
  if (rows.classes.length === 0) list.before(make('p', { className: 'notice' }, 'No row has a class.'));
  more.hidden = rows.classes.length <= classesAtFirst;
  more.textContent = `Show all ${format(rows.classes.length)} classes`;
  more.addEventListener('click', () => {
    draw(rows.classes.length);
    more.hidden = true;
    list.children[classesAtFirst].firstElementChild.focus();
  });
}

function makeClassCard(card, rows, scale, top, choose) {
  const box = make('span', { className: 'picture' });
  if (card.map) {
    const canvas = make('canvas', { 'aria-hidden': 'true' });
    scale.draw(canvas, card, top);
    box.append(canvas);
  }
  const button = make('button', { type: 'button', className: 'tile' },
    box,
    make('span', { className: 'class' }, rows.classNames[card.class]),
    make('span', { className: 'numbers' }, `${format(card.rows)} ${card.rows === 1 ? 'row' : 'rows'}`),
    card.bits === null ? null : make('span', { className: 'numbers' }, `${format(card.bits)} bits on average`));
  button.addEventListener('click', () => choose(card.class));
  return make('li', {}, button);
}

/** Makes the bars and intervals of the histograms lead to their rows; 'choose' is called with a column's key and a range. */
function connectHistograms(choose) {
  for (const figure of document.querySelectorAll('.histogram')) {
    figure.addEventListener('click', event => {
      const chosen = event.target.closest('[data-interval]');
      if (!chosen) return;
      const { from, below } = figure.querySelector(`button[data-interval="${chosen.dataset.interval}"]`).dataset;
      choose(figure.dataset.column, { least: Number(from), below: Number(below) });
    });
  }
}
