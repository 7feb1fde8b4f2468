'use strict';

// One photograph, one class, seven prices. What was asked once is kept for as long as the photograph is; a request that is not needed any more is
// given up, which frees the server within an optimisation step.
const betas = [1, 2, 5, 10, 20, 50, 100];
const element = id => document.getElementById(id);
let photograph = null, target = null, answers = new Map(), asking = null;

const key = (beta) => `${target ?? ''} ${beta}`;
const beta = () => betas[element('beta').valueAsNumber];
const percent = value => `${(100 * value).toFixed(1)} %`;

function fail(message) {
  element('status').textContent = '';
  element('error').textContent = message;
  element('error').hidden = false;
}

async function ask(price, signal) {
  const known = answers.get(key(price));
  if (known) return known;
  const query = new URLSearchParams({ beta: price });
  if (target !== null) query.set('target', target);
  const response = await fetch(`api/explain?${query}`, { method: 'POST', body: photograph, headers: { 'Content-Type': photograph.type || 'application/octet-stream' }, signal });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const again = response.headers.get('Retry-After');
    throw new Error(`${answer.detail ?? `The server answered with status ${response.status}.`}${response.status === 413 ? ' The photograph is larger than 10 MB.' : ''}${again ? ` (${again} s)` : ''}`);
  }

  answers.set(key(price), answer);
  return answer;
}

function show(answer) {
  element('result').hidden = false;
  element('prediction').textContent = `${answer.target.name}, ${percent(answer.target.probability)}`;
  element('photograph').src = answer.photograph;
  element('map').src = answer.map;
  element('map').alt = `Where the network found ${answer.bits.toFixed(0)} bits for ${answer.target.name}: the brighter, the more`;
  element('caption').textContent = `${answer.bits.toFixed(0)} bits keep ${percent(answer.probabilityWithBottleneck)}; the brightest place has ${answer.brightest.toPrecision(2)} bits per pixel`;
  const select = element('target');
  if (select.options.length === 0) {
    for (const one of answer.top) select.add(new Option(`${one.name} (${percent(one.probability)})`, one.index, false, one.index === answer.target.index));
  }
}

function drawCurve() {
  const points = betas.map(price => ({ price, answer: answers.get(key(price)) })).filter(point => point.answer);
  element('points').replaceChildren(...points.map(({ price, answer }) => {
    const row = document.createElement('tr');
    for (const text of [price, answer.bits.toFixed(0), percent(answer.probabilityWithBottleneck)]) row.insertCell().textContent = text;
    if (price === beta()) row.setAttribute('aria-current', 'true');
    return row;
  }));
  const [left, right, top, bottom] = [60, 515, 25, 185];
  const logarithm = bits => Math.log10(Math.max(bits, 0.1));
  const all = points.map(point => logarithm(point.answer.bits));
  const low = Math.floor(Math.min(...all)), high = Math.max(low + 1, Math.ceil(Math.max(...all)));
  const x = bits => left + (right - left) * (logarithm(bits) - low) / (high - low), y = probability => bottom - (bottom - top) * probability;
  const svg = [];
  const add = (name, attributes, text) => {
    const part = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [attribute, value] of Object.entries(attributes)) part.setAttribute(attribute, value);
    if (text !== undefined) part.textContent = text;
    svg.push(part);
  };
  add('path', { class: 'axis', d: `M${left} ${top}V${bottom}H${right}`, fill: 'none' });
  for (let power = low; power <= high; power++) add('text', { x: x(10 ** power), y: bottom + 20, 'text-anchor': 'middle' }, (10 ** power).toLocaleString('en'));
  for (const share of [0, 0.5, 1]) add('text', { x: left - 8, y: y(share) + 4, 'text-anchor': 'end' }, `${100 * share} %`);
  add('text', { x: left - 50, y: 12 }, 'probability of the class');
  add('text', { x: (left + right) / 2, y: bottom + 40, 'text-anchor': 'middle' }, 'bits that are left');
  add('polyline', { class: 'line', points: points.map(({ answer }) => `${x(answer.bits)},${y(answer.probabilityWithBottleneck)}`).join(' ') });
  for (const { price, answer } of points) add('circle', { class: price === beta() ? 'now' : '', cx: x(answer.bits), cy: y(answer.probabilityWithBottleneck), r: price === beta() ? 7 : 4 });
  element('curve').replaceChildren(...svg);
}

// The price that is asked for first, then the others for the curve.
async function explain() {
  asking?.abort();
  const mine = asking = new AbortController();
  element('error').hidden = true;
  element('price').textContent = beta();
  element('beta').setAttribute('aria-valuetext', `beta ${beta()}`);
  if (!photograph) return;
  try {
    element('status').textContent = 'Explaining …';
    element('map').classList.add('busy');
    show(await ask(beta(), mine.signal));
    drawCurve();
    element('map').classList.remove('busy');
    for (const price of betas) {
      const left = betas.filter(other => !answers.has(key(other))).length;
      element('status').textContent = left > 0 ? `Explained. ${left} points of the curve are left …` : '';
      await ask(price, mine.signal);
      drawCurve();
    }

    element('status').textContent = 'Explained, with the whole curve.';
  } catch (problem) {
    if (mine.signal.aborted) return;
    element('map').classList.remove('busy');
    fail(problem instanceof TypeError ? 'The server cannot be reached.' : problem.message);
  }
}

function take(file) {
  if (!file) return;
  [photograph, target] = [file, null];
  answers = new Map();
  element('target').replaceChildren();
  element('result').hidden = true;
  element('curve').replaceChildren();
  element('points').replaceChildren();
  explain();
}

const drop = element('drop');
for (const name of ['dragover', 'dragenter']) drop.addEventListener(name, event => { event.preventDefault(); drop.classList.add('over'); });
for (const name of ['dragleave', 'drop']) drop.addEventListener(name, () => drop.classList.remove('over'));
drop.addEventListener('drop', event => { event.preventDefault(); take(event.dataTransfer.files[0]); });
element('file').addEventListener('change', event => take(event.target.files[0]));
element('beta').addEventListener('input', explain);
element('target').addEventListener('change', event => { target = Number(event.target.value); explain(); });

fetch('api/model').then(async response => {
  if (!response.ok) throw new Error();
  const model = await response.json();
  element('model').textContent = `Layer ${model.layer}, measured on ${model.measuredRows} photographs${model.classes ? `; ${model.classes} classes` : ''}.`;
  const nearest = betas.reduce((best, price) => Math.abs(Math.log(price / model.beta)) < Math.abs(Math.log(best / model.beta)) ? price : best);
  element('beta').value = betas.indexOf(nearest);
}).catch(() => fail('The explainer cannot be loaded; the log of the server says why.'));
element('price').textContent = beta();
