// The absolute scale of maps, words and bytes, and how they are drawn on it.

const unknown = 255, steps = 254, shades = 16, bytePower = 0.5;

class Scale extends EventTarget {
  constructor(rows) {
    super();
    this.rows = rows;
    this.shared = true;
    this.top = rows.top > 0 ? rows.top : 1;
    this.colors = Uint8Array.from(atob(rows.colors), character => character.charCodeAt(0));
  }

  change(shared, top) {
    this.shared = shared;
    if (top > 0) this.top = top;
    this.dispatchEvent(new Event('change'));
  }

  /** The bits that get the highest colour in something whose own largest value is given. */
  topFor(largest) { return this.shared ? this.top : largest; }

  /** Draws a map, one pixel for each position; what is not known stays transparent. 'top' gets the highest colour. */
  draw(canvas, map, top = this.topFor(map.largest)) {
    canvas.width = map.width;
    canvas.height = map.height;
    const context = canvas.getContext('2d');
    const image = context.createImageData(map.width, map.height);
    const share = top > 0 ? map.largest / top / steps * 255 : 0;
    const bytes = atob(map.map);
    for (let i = 0, to = 0; i < bytes.length; i++, to += 4) {
      const value = bytes.charCodeAt(i);
      if (value === unknown) continue;
      const color = 3 * Math.min(255, Math.round(value * share));
      image.data[to] = this.colors[color];
      image.data[to + 1] = this.colors[color + 1];
      image.data[to + 2] = this.colors[color + 2];
      image.data[to + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  /** The class of a shade: of a word, or of a byte where 'power' is a half, since a few bytes carry most of the bits. */
  shade(bits, largest, power = 1) {
    const top = this.topFor(largest);
    return `s${top > 0 ? Math.round(Math.min(1, bits / top) ** power * shades) : 0}`;
  }

  /** Draws the scale itself, from 0 to its top. */
  drawLegend(canvas) {
    const context = canvas.getContext('2d');
    const maps = this.rows.unit === 'bits/pixel', power = this.rows.unit === 'bits/byte' ? bytePower : 1;
    for (let i = 0; i < 256; i++) {
      const [red, green, blue] = maps ? this.colors.subarray(3 * i, 3 * i + 3) : this.rows.shades[Math.round((i / 255) ** power * shades)];
      context.fillStyle = `rgb(${red} ${green} ${blue})`;
      context.fillRect(i, 0, 1, 1);
    }
    canvas.setAttribute('aria-label', this.shared
      ? `Colour scale from 0 to ${format(this.top)} ${this.rows.unit} and more`
      : 'Colour scale from 0 to the largest value of each row');
  }
}
