// What a row looks like: its photograph under its map, its words, or why it has neither.

/** Fills an element with a row's picture; resolves when it is there. 'size' is 'small' in the gallery and 'large' in the details. */
async function showPicture(box, row, rows, scale, size) {
  box.dataset.row = row;
  const failure = rows.failure(row);
  const entry = rows.entryNow(row) ?? await rows.entry(row);
  if (box.dataset.row !== String(row)) return;
  box.replaceChildren();
  box.classList.toggle('failed', failure !== null);
  const frame = make('span', { className: 'frame' });
  if (entry?.photograph || entry?.map) {
    frame.style.aspectRatio = entry.aspect;
    frame.classList.add(entry.aspect < 1 ? 'upright' : 'lying');
    box.append(frame);
  }
  if (entry?.photograph) {
    frame.append(make('img', {
      src: `data:image/jpeg;base64,${entry.photograph}`, decoding: size === 'small' ? 'auto' : 'sync',
      alt: size === 'small' ? '' : `What the network saw of ${rows.name(row)}`,
    }));
  }
  if (entry?.map) {
    const canvas = make('canvas', size === 'small' ? { 'aria-hidden': 'true' } : { role: 'img', 'aria-label': describe(entry, row, rows) });
    scale.draw(canvas, entry);
    frame.append(canvas);
  } else if (entry?.words) {
    box.append(shadeWords(entry.words, scale, rows.largest[row] ?? 0, size === 'large'));
  }
  if (failure !== null) box.append(make('span', { className: 'reason' }, failure));
  else if (box.childElementCount === 0) box.append(make('span', { className: 'reason' }, entry ? entry.note ?? 'no picture' : 'missing'));
}

/** Words in their shades; strong ones carry their numbers where there is room. */
function shadeWords(words, scale, largest, numbered) {
  const text = make('span', { className: 'words' });
  for (const word of words) {
    if (typeof word === 'string') {
      text.append(word);
      continue;
    }
    const shaded = make('span', { className: scale.shade(word[1], largest), title: `${format(word[1])} bits` }, word[0]);
    text.append(numbered && word[1] > 0 && word[1] >= largest / 10 ? make('ruby', {}, shaded, make('rt', {}, format(word[1]))) : shaded);
  }
  return text;
}

/** A map in words, for those who cannot see it. */
function describe(entry, row, rows) {
  const bytes = atob(entry.map);
  const sums = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < bytes.length; i++) {
    const value = bytes.charCodeAt(i);
    if (value === unknown) continue;
    const [x, y] = [i % entry.width, Math.floor(i / entry.width)];
    sums[3 * Math.floor(3 * y / entry.height) + Math.floor(3 * x / entry.width)] += value;
  }
  const total = sums.reduce((sum, value) => sum + value, 0);
  if (total === 0) return `Map of ${rows.name(row)}: no bits`;
  const places = ['top left', 'top', 'top right', 'left', 'centre', 'right', 'bottom left', 'bottom', 'bottom right'];
  const most = sums.indexOf(Math.max(...sums));
  return `Map of ${rows.name(row)}: ${Math.round(100 * sums[most] / total)} % of the bits lie in the ninth of the picture at ${places[most]}; ` +
    `at most ${format(entry.largest)} bits per pixel`;
}

/** A row's tile. */
function makeTile(row, rows, scale) {
  const box = make('span', { className: 'picture' });
  const probability = rows.value('probability', row);
  const bits = rows.value('bits', row);
  const numbers = [bits === null ? null : `${format(bits)} bits`, probability === null ? null : `p ${format(probability)}`];
  const tile = make('button', { type: 'button', className: 'tile', tabIndex: -1 },
    box,
    make('span', { className: 'class' }, rows.explained(row) ?? (rows.failure(row) === null ? rows.name(row) : 'not explained')),
    make('span', { className: 'numbers' }, numbers.filter(text => text).join(' · ')),
    make('span', { className: 'name' }, rows.name(row)));
  showPicture(box, row, rows, scale, 'small');
  return tile;
}
