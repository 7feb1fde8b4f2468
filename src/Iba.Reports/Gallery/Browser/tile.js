// What a row looks like: its photograph under its map, its words, its bytes, or why it has none of them.

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
  } else if (entry?.lines) {
    box.append(size === 'small' ? shadeCharacters(entry.lines, scale, rows.largest[row] ?? 0) : listBytes(entry.lines, scale, rows.largest[row] ?? 0));
  }
  if (size === 'small' && entry && strongest(entry)) box.append(make('span', { className: 'unseen' }, `Most bits: ${strongest(entry)}. `));
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

/** Bytes as the characters that they stand for, in their shades; neighbours of one shade share an element. */
function shadeCharacters(lines, scale, largest) {
  const text = make('span', { className: 'words bytes' });
  for (const [, skipped, , ...places] of lines) {
    if (skipped > 0) text.append(' … ');
    appendShaded(text, places, scale, largest, ([value]) => character(value), '');
  }
  return text;
}

/** Bytes as a listing: offset, numbers, characters, and the bits of each line. */
function listBytes(lines, scale, largest) {
  const body = make('tbody');
  for (const [offset, skipped, bits, ...places] of lines) {
    if (skipped > 0) body.append(make('tr', {}, make('td', { colSpan: 4, className: 'skipped' }, `${skipped.toLocaleString('en')} bytes left out`)));
    const [numbers, characters] = [make('td'), make('td')];
    appendShaded(numbers, places, scale, largest, ([value]) => value.toString(16).padStart(2, '0'), ' ');
    appendShaded(characters, places, scale, largest, ([value]) => character(value), '');
    body.append(make('tr', {}, make('th', { scope: 'row' }, hexadecimal(offset)), numbers, characters, make('td', { className: 'number' }, format(bits))));
  }
  const head = make('thead', {}, make('tr', {}, ...['offset', 'bytes', 'text', 'bits'].map(title => make('th', { scope: 'col' }, title))));
  return make('div', { className: 'listing', tabIndex: 0, role: 'region', 'aria-label': 'Bytes' }, make('table', {}, head, body));
}

function appendShaded(to, places, scale, largest, show, between) {
  let [shown, shade] = ['', 's0'];
  const end = () => { if (shown !== '') to.append(shade === 's0' ? shown : make('span', { className: shade }, shown)); };
  for (const [i, place] of places.entries()) {
    const next = place ? scale.shade(place[1], largest, bytePower) : 's0';
    const text = place ? show(place) : between === '' ? ' ' : '  ';
    if (next !== shade) {
      end();
      if (i > 0) to.append(between);
      [shown, shade] = [text, next];
    } else {
      shown += (i > 0 ? between : '') + text;
    }
  }
  end();
}

const hexadecimal = number => number.toString(16).padStart(8, '0');

const character = value => value === 10 ? '↵' : value === 9 ? '→' : value >= 32 && value < 127 ? String.fromCharCode(value) : '·';

/** The words, or the lines of bytes, with the most bits, for those who cannot tell the shades; empty: none has any. */
function strongest(entry) {
  const places = entry.words?.filter(word => word instanceof Array)
    ?? entry.lines?.map(([offset, , bits]) => [`${hexadecimal(offset)}:`, bits]) ?? [];
  return places.filter(([, bits]) => bits > 0).sort((one, other) => other[1] - one[1]).slice(0, 5).map(([name, bits]) => `${name} ${format(bits)}`).join(', ');
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
