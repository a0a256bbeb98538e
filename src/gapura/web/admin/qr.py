"""A QR code (ISO/IEC 18004) of a short text, as an inline SVG: byte mode, error correction M, versions 1 to 10."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise

from markupsafe import Markup

# By version, table 9: bytes of error correction in each block, then (blocks, data bytes of each) once or twice.
BLOCKS: Sequence[tuple[int, tuple[tuple[int, int], ...]]] = (
    (10, ((1, 16),)),
    (16, ((1, 28),)),
    (26, ((1, 44),)),
    (18, ((2, 32),)),
    (24, ((2, 43),)),
    (16, ((4, 27),)),
    (18, ((4, 31),)),
    (22, ((2, 38), (2, 39))),
    (22, ((3, 36), (2, 37))),
    (26, ((4, 43), (1, 44))),
)
# Annex E: the rows and columns where alignment patterns have their centres.
ALIGNMENT: Sequence[tuple[int, ...]] = (
    (), (6, 18), (6, 22), (6, 26), (6, 30), (6, 34), (6, 22, 38), (6, 24, 42), (6, 26, 46), (6, 28, 50),
)  # fmt: skip
MASKS: Sequence[Callable[[int, int], bool]] = (
    lambda row, column: (row + column) % 2 == 0,
    lambda row, _: row % 2 == 0,
    lambda _, column: column % 3 == 0,
    lambda row, column: (row + column) % 3 == 0,
    lambda row, column: (row // 2 + column // 3) % 2 == 0,
    lambda row, column: row * column % 2 + row * column % 3 == 0,
    lambda row, column: (row * column % 2 + row * column % 3) % 2 == 0,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2 == 0,
)
QUIET = 4  # light modules around
POLYNOMIAL = 0x11D
LEVEL_M = 0b00
FORMAT_GENERATOR, FORMAT_MASK = 0x537, 0x5412
VERSION_GENERATOR = 0x1F25
VERSIONED = 7  # from this version on the symbol says which one it is
WIDE_LENGTH = 10  # from this version on the length takes two bytes

Grid = list[list[bool | None]]


def qr_svg(text: str) -> Markup:
    """Raises ValueError for more than 213 bytes."""
    grid = qr_modules(text.encode())
    size = len(grid) + 2 * QUIET
    dark = "".join(
        f"M{column + QUIET} {row + QUIET}h1v1h-1z"
        for row, line in enumerate(grid)
        for column, is_dark in enumerate(line)
        if is_dark
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" width="{1}" height="{1}" aria-hidden="true" '
        'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{0}v{0}H0z"/><path d="{2}"/></svg>'
    ).format(size, size * 5, dark)


def qr_modules(content: bytes) -> list[list[bool]]:
    """The symbol's modules, row by row, True where it is dark."""
    version = next((v for v in range(1, len(BLOCKS) + 1) if len(content) <= _room(v)), None)
    if version is None:
        raise ValueError("too long for a QR code of version 10")
    bits = [bit for byte in _codewords(content, version) for bit in _bits(byte, 8)]
    symbols = (_symbol(version, bits, mask) for mask in range(len(MASKS)))
    return min(symbols, key=_penalty)


# --- what the symbol says ---


def _room(version: int) -> int:
    return _data_bytes(version) - (3 if version >= WIDE_LENGTH else 2)


def _data_bytes(version: int) -> int:
    return sum(count * length for count, length in BLOCKS[version - 1][1])


def _codewords(content: bytes, version: int) -> list[int]:
    """Data in blocks with their error correction, interleaved (§7.5, §7.6)."""
    length_bits = 16 if version >= WIDE_LENGTH else 8
    bits = [
        *_bits(0b0100, 4),
        *_bits(len(content), length_bits),
        *chain.from_iterable(_bits(b, 8) for b in content),
    ]
    room = _data_bytes(version)
    bits += [False] * min(4, 8 * room - len(bits))
    bits += [False] * (-len(bits) % 8)
    data = [sum(bit << 7 - at for at, bit in enumerate(bits[i : i + 8])) for i in range(0, len(bits), 8)]
    data += [(0xEC, 0x11)[at % 2] for at in range(room - len(data))]
    correction, groups = BLOCKS[version - 1]
    blocks, start = [], 0
    for length in (length for count, length in groups for _ in range(count)):
        blocks.append(data[start : start + length])
        start += length
    checks = [_remainder(block, correction) for block in blocks]
    return [*_interleaved(blocks), *_interleaved(checks)]


def _interleaved(blocks: Sequence[Sequence[int]]) -> Iterator[int]:
    for at in range(max(map(len, blocks))):
        yield from (block[at] for block in blocks if at < len(block))


def _remainder(data: Sequence[int], degree: int) -> list[int]:
    """Reed-Solomon over GF(2⁸): what is left of the data divided by the generator of this degree."""
    generator = [1]
    for power in range(degree):
        root = EXP[power]
        shifted = [*generator, 0]
        generator = [a ^ _product(b, root) for a, b in zip(shifted, [0, *generator], strict=True)]
    left = [*data, *[0] * degree]
    for at in range(len(data)):
        factor = left[at]
        for offset, coefficient in enumerate(generator):
            left[at + offset] ^= _product(coefficient, factor)
    return left[len(data) :]


def _product(a: int, b: int) -> int:
    return EXP[(LOG[a] + LOG[b]) % 255] if a and b else 0


def _powers() -> tuple[list[int], dict[int, int]]:
    exp, value = [], 1
    for _ in range(255):
        exp.append(value)
        value <<= 1
        if value >= 1 << 8:
            value ^= POLYNOMIAL
    return exp, {power: at for at, power in enumerate(exp)}


EXP, LOG = _powers()


# --- where it stands ---


def _symbol(version: int, bits: Sequence[bool], mask: int) -> list[list[bool]]:
    size = 17 + 4 * version
    grid: Grid = [[None] * size for _ in range(size)]
    _patterns(grid, version)
    _format(grid, mask)
    if version >= VERSIONED:
        _version(grid, version)
    stream = iter(bits)
    for row, column in _path(size):
        if grid[row][column] is None:
            grid[row][column] = next(stream, False) ^ MASKS[mask](row, column)
    return [[bool(module) for module in line] for line in grid]


def _patterns(grid: Grid, version: int) -> None:
    size = len(grid)
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        for row in range(max(top - 1, 0), min(top + 8, size)):
            for column in range(max(left - 1, 0), min(left + 8, size)):
                distance = max(abs(row - top - 3), abs(column - left - 3))
                grid[row][column] = distance in {0, 1, 3}
    for at in range(8, size - 8):
        grid[6][at] = grid[at][6] = at % 2 == 0
    centres = ALIGNMENT[version - 1]
    for row in centres:
        for column in centres:
            if (row, column) not in _corners(centres):
                _alignment(grid, row, column)
    grid[size - 8][8] = True


def _corners(centres: Sequence[int]) -> set[tuple[int, int]]:
    last = centres[-1]
    return {(6, 6), (6, last), (last, 6)}  # where finder patterns stand


def _alignment(grid: Grid, row: int, column: int) -> None:
    for down in range(-2, 3):
        for right in range(-2, 3):
            grid[row + down][column + right] = max(abs(down), abs(right)) != 1


def _format(grid: Grid, mask: int) -> None:
    size = len(grid)
    data = LEVEL_M << 3 | mask
    value = (data << 10 | _bch(data, FORMAT_GENERATOR, 10)) ^ FORMAT_MASK
    around = [(8, 0), (8, 1), (8, 2), (8, 3), (8, 4), (8, 5), (8, 7), (8, 8), (7, 8)]
    around += [(row, 8) for row in range(5, -1, -1)]
    apart = [(size - 1 - at, 8) for at in range(7)] + [(8, size - 8 + at) for at in range(8)]
    for bit, first, second in zip(_bits(value, 15), around, apart, strict=True):
        for row, column in (first, second):
            grid[row][column] = bit


def _version(grid: Grid, version: int) -> None:
    size = len(grid)
    value = version << 12 | _bch(version, VERSION_GENERATOR, 12)
    for at, bit in enumerate(reversed(list(_bits(value, 18)))):
        low, high = at // 3, size - 11 + at % 3
        grid[low][high] = grid[high][low] = bit


def _bch(data: int, generator: int, degree: int) -> int:
    left = data << degree
    while left.bit_length() > degree:
        left ^= generator << left.bit_length() - degree - 1
    return left


def _path(size: int) -> Iterator[tuple[int, int]]:
    """From the lower right in pairs of columns, up and down; the column of the timing pattern is passed over."""
    upwards = True
    for right in [*range(size - 1, 6, -2), 5, 3, 1]:
        for row in range(size - 1, -1, -1) if upwards else range(size):
            yield from ((row, right), (row, right - 1))
        upwards = not upwards


def _penalty(grid: Sequence[Sequence[bool]]) -> int:
    """§7.8.3: the lower, the easier it is to read."""
    lines = [*map(list, grid), *map(list, zip(*grid, strict=True))]
    runs = sum(length - 2 for line in lines for length in _runs(line) if length >= 5)  # noqa: PLR2004
    size = len(grid)
    squares = sum(
        grid[row][at] == grid[row][at + 1] == grid[row + 1][at] == grid[row + 1][at + 1]
        for row in range(size - 1)
        for at in range(size - 1)
    )
    texts = ["".join("#" if module else "." for module in line) for line in lines]
    finders = sum(text.count("....#.###.#") + text.count("#.###.#....") for text in texts)
    share = sum(map(sum, grid)) * 100 // size**2
    return runs + 3 * squares + 40 * finders + 10 * (abs(share - 50) // 5)


def _runs(line: Sequence[bool]) -> Iterator[int]:
    length = 1
    for before, after in pairwise(line):
        if before == after:
            length += 1
        else:
            yield length
            length = 1
    yield length


def _bits(value: int, width: int) -> Iterator[bool]:
    return (bool(value >> at & 1) for at in range(width - 1, -1, -1))
