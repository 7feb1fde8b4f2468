"""Writes the pictures of this folder and expected.json: what Pillow reads of them. Run: python3 make.py (Pillow 9.4, libjpeg-turbo 2.1)."""
import base64, io, json, os, random, struct, zlib
import PIL
from PIL import Image, ImageOps

WIDTH, HEIGHT = 20, 14
os.chdir(os.path.dirname(os.path.abspath(__file__)))
draw = random.Random(5)
pixels = [(min(255, x * 12 + draw.randrange(20)), min(255, y * 18 + draw.randrange(20)), max(0, 250 - 6 * x - 9 * y)) for y in range(HEIGHT) for x in range(WIDTH)]
rgb = Image.new("RGB", (WIDTH, HEIGHT))
rgb.putdata(pixels)
rgba = rgb.copy()
rgba.putalpha(Image.frombytes("L", rgb.size, bytes((x * 31 + y * 17) % 256 for y in range(HEIGHT) for x in range(WIDTH))))
exif = Image.Exif()


def png(bit_depth, colour_type, samples, *chunks, interlaced=False):
    """Kinds that Pillow does not write."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    stride = len(samples) // HEIGHT
    rows = b"".join(b"\0" + samples[i * stride:(i + 1) * stride] for i in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bit_depth, colour_type, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(k, d) for k, d in chunks) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def sixteen(count):
    return b"".join(struct.pack(">H", draw.randrange(65536) if i % 3 else draw.randrange(400)) for i in range(count * WIDTH * HEIGHT))


def encoded(image, format, **options):
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


palette = bytes(draw.randrange(256) for _ in range(3 * 16))
files = {
    "rgb.png": encoded(rgb, "PNG"),
    "rgba.png": encoded(rgba, "PNG"),
    "grey.png": encoded(rgb.convert("L"), "PNG"),
    "grey-alpha.png": encoded(rgb.convert("L").convert("LA"), "PNG"),
    "bits.png": encoded(rgb.convert("1"), "PNG"),
    "palette.png": encoded(rgb.convert("P", palette=Image.ADAPTIVE, colors=7), "PNG"),
    "palette-transparent.png": png(4, 3, bytes(draw.randrange(256) for _ in range(WIDTH // 2 * HEIGHT)), (b"PLTE", palette), (b"tRNS", bytes([0, 90, 255, 0]))),
    "grey-4-bits.png": png(4, 0, bytes(draw.randrange(256) for _ in range(WIDTH // 2 * HEIGHT))),
    "grey-2-bits.png": png(2, 0, bytes(draw.randrange(256) for _ in range(WIDTH // 4 * HEIGHT))),
    "grey-16-bits.png": png(16, 0, sixteen(1)),
    "grey-alpha-16-bits.png": png(16, 4, sixteen(2)),
    "rgb-16-bits.png": png(16, 2, sixteen(3)),
    "rgba-16-bits.png": png(16, 6, sixteen(4)),
    "rgb-colour-key.png": encoded(rgb, "PNG", transparency=pixels[5]),
    "gamma.png": png(8, 2, rgb.tobytes(), (b"gAMA", struct.pack(">I", 100000))),
    "animated.png": encoded(rgb, "PNG", save_all=True, append_images=[ImageOps.invert(rgb)], duration=50),
    "colour.jpg": encoded(rgb, "JPEG", quality=90),
    "full-colour.jpg": encoded(rgb, "JPEG", quality=95, subsampling=0),
    "progressive.jpg": encoded(rgb, "JPEG", quality=90, progressive=True),
    "grey.jpg": encoded(rgb.convert("L"), "JPEG", quality=90),
    "cmyk.jpg": encoded(rgb.convert("CMYK"), "JPEG", quality=90),
    "palette.gif": encoded(rgb.convert("P", palette=Image.ADAPTIVE, colors=30), "GIF"),
    "animated.gif": encoded(rgb, "GIF", save_all=True, append_images=[ImageOps.invert(rgb)], duration=50),
    "lossless.webp": encoded(rgba, "WEBP", lossless=True, exact=True),
    "lossy.webp": encoded(rgb, "WEBP", quality=80),
    "animated.webp": encoded(rgb, "WEBP", save_all=True, append_images=[ImageOps.invert(rgb)], duration=50, lossless=True),
    "rgb.bmp": encoded(rgb, "BMP"),
    "palette.bmp": encoded(rgb.convert("P", palette=Image.ADAPTIVE, colors=16), "BMP"),
}
for orientation in range(1, 9):
    exif[0x0112] = orientation
    files[f"turned-{orientation}.jpg"] = encoded(rgb, "JPEG", quality=90, exif=exif)
exif[0x0112] = 6
files["turned-6.png"] = encoded(rgb, "PNG", exif=exif)
files["turned-6.webp"] = encoded(rgb, "WEBP", lossless=True, exif=exif)


def read(data):
    return Image.open(io.BytesIO(data)).convert("RGB")


def reads(data):
    try:
        read(data)
        return True
    except Exception:
        return False


expected = {}
for name, data in files.items():
    with open(name, "wb") as file:
        file.write(data)
    image = read(data)
    entry = {"width": image.width, "height": image.height, "pixels": base64.b64encode(image.tobytes()).decode()}
    # Below this length Pillow refuses the file, as being cut short or no picture at all.
    entry["shortest"] = next(n for n in range(len(data), -1, -1) if not reads(data[:n])) + 1
    entry["upright"] = base64.b64encode(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB").tobytes()).decode() if "turned" in name else None
    expected[name] = entry
    print(name, len(data), entry["shortest"])
with open("expected.json", "w", newline="\n") as file:
    json.dump({"pillow": PIL.__version__, "files": expected}, file, indent=1)
    file.write("\n")
