from pathlib import Path

import pytest

from attention.biomes import Biome
from operations.simulation.attention_tape import MOST_POINTS, TapeRefused, notices_of, read_tape

SMALL = Path(__file__).parent / "data" / "small_tape.csv"


def read(text):
    return read_tape(text.encode().splitlines(keepends=True))


def test_periods_are_in_order_of_first_appearance_with_their_rows_together():
    with SMALL.open("rb") as lines:
        periods = read_tape(lines)
    assert [period.name for period in periods] == ["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8"]
    assert list(periods[2].points.items()) == [
        (Biome.OCEAN, 2),
        (Biome.BEACH, 0),
        (Biome.PLAINS, 0),
        (Biome.FOREST, 12),
        (Biome.DESERT, 5),
        (Biome.MOUNTAIN, 5),
        (Biome.SNOW, 1),
    ]
    assert set(periods[3].points.values()) == {0}


@pytest.mark.parametrize(
    "text",
    [
        "period,biome,count\nx,snow,7\n",
        "anything at all,biome,\nx,snow,7",
        '"period",biome,"how many"\r\nx,"snow",007\r\n',
        "\ufeffperiod,biome,count\nx,snow,7\n",
    ],
)
def test_what_is_read(text):
    (period,) = read(text)
    assert period.name == "x"
    assert period.points == dict.fromkeys(Biome, 0) | {Biome.SNOW: 7}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the tape is empty"),
        ("\n", "line 1: the header must be three columns"),
        ("period,habitat,count\n", "line 1: the header must be three columns"),
        ("period,biome\n", "line 1: the header must be three columns"),
        ("period,Biome,count\nx,snow,1\n", "line 1: the header must be three columns"),
        ("period,biome,count,more\nx,snow,1\n", "line 1: the header must be three columns"),
        ("period,biome,count\n", "line 2: the tape has no rows"),
        ("period,biome,count\nx,snow,1\nx,beach\n", "line 3: three columns are needed, not 2"),
        ("period,biome,count\nx,snow,1,2\n", "line 2: three columns are needed, not 4"),
        ("period,biome,count\nx,snow,1\n\ny,snow,1\n", "line 3: three columns are needed, not 0"),
        ("period,biome,count\n,snow,1\n", "line 2: the period is missing"),
        ("period,biome,count\nx,snow,1\nx,swamp,1\n", "line 3: no biome is called 'swamp'"),
        ("period,biome,count\nx,Snow,1\n", "line 2: no biome is called 'Snow'"),
        ("period,biome,count\nx, snow,1\n", "line 2: no biome is called ' snow'"),
        ("period,biome,count\nx,snow,\n", "line 2: the count is missing"),
        ("period,biome,count\nx,snow,-1\n", "line 2: the count is negative: -1"),
        ("period,biome,count\nx,snow,1.0\n", "line 2: the count is not a whole number: '1.0'"),
        ("period,biome,count\nx,snow,1e3\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow,1_000\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow, 1\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow,+1\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow,\u0663\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow,nan\n", "line 2: the count is not a whole number"),
        ("period,biome,count\nx,snow," + "9" * 5000, "line 2: the count has 5000 digits"),
        (f"period,biome,count\nx,snow,{MOST_POINTS + 1}\n", "line 2: more points on snow than can be counted"),
        (f"period,biome,count\nx,snow,{MOST_POINTS}\ny,ocean,1\ny,snow,1\n", "line 4: more points on snow"),
        ("period,biome,count\nx,snow,1\ny,snow,1\nx,snow,1\n", "line 4: snow is there twice in 'x'"),
        ("period,biome,count\nx,snow,0\nx,snow,0\n", "line 3: snow is there twice in 'x'"),
        ('period,biome,count\nx,snow,1\nx,"beach,1\n', "line 3: not CSV"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(TapeRefused) as refused:
        read(text)
    assert str(refused.value).startswith(message)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(TapeRefused, match="line 3: not UTF-8 text"):
        read_tape([b"period,biome,count\n", b"x,snow,1\n", b"\xff,snow,1\n"])


def test_the_largest_counts_fit():
    (period,) = read(f"period,biome,count\nx,snow,{MOST_POINTS}\nx,ocean,{MOST_POINTS}\n")
    assert (period.points[Biome.SNOW], period.points[Biome.OCEAN]) == (MOST_POINTS, MOST_POINTS)


@pytest.mark.parametrize(
    ("tape", "message"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "line 1: this is no CSV text but an Excel workbook (xlsx)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "line 1: this is no CSV text but an old Excel workbook (xls)"),
        ("\ufeffperiod,biome,count\nx,snow,1\n".encode("utf-16"), "line 1: this is no CSV text but UTF-16 text"),
        (b"\x1f\x8b\x08", "line 1: this is no CSV text but compressed (gzip)"),
        (b"period;biome;count\nx;snow;1\n", "line 1: the columns are separated by `;`, and must be by commas"),
        (b"period\tbiome\tcount\nx\tsnow\t1\n", "line 1: the columns are separated by tabs"),
        (b"period,biome,count\rx,snow,1\r", "line 1: lines end in CR alone"),
        (b"period,biome,count\nx,snow,1\ry,snow,2\r", "line 2: lines end in CR alone"),
        (b"visitors,biome,week\n3,snow,1\n", "line 1: the period comes first and the count last"),
        (b"week,biome,thousands\n1,snow,3\n", "line 1: the last column must be a count, and 'thousands' names"),
        (b"week,biome,views (k)\n1,snow,3\n", "line 1: the last column must be a count"),
        (b"week,biome,%\n1,snow,3\n", "line 1: the last column must be a count"),
        (b'week,biome,count\n1,snow,"1,000"\n', "line 2: the count is not a whole number: '1,000'"),
        (b"week,biome,count\n1,snow,1 000\n", "line 2: the count is not a whole number: '1 000'"),
        (b"week,biome,count\n1,snow,1.000\n", "line 2: the count is not a whole number: '1.000'"),
        (b"week,biome,count\n1,snow,3\n2,snow,4\n1 ,beach,9\n", "line 4: the period '1 ' has white space around it"),
        ("week,biome,count\nw1,snow,3\nw1\u200b,beach,9\n".encode(), "line 3: the period 'w1\\u200b' has white space"),
        (b"week,biome,count\nw1,snow,3\nW1,beach,9\n", "line 3: the periods 'w1' and 'W1' look alike"),
        (b"week,biome,count\n1,snow,3\n01,beach,9\n", "line 3: the periods '1' and '01' look alike"),
        (b"week,biome,count\n1,snow,3\n3,snow,4\n2,beach,9\n", "line 4: '2' stands below '3': sort the tape"),
        (b"week,biome,count\nw9,snow,3\nw10,snow,4\nw8,beach,9\n", "line 4: 'w8' stands below 'w10'"),
        (b"month,biome,n\n2026-02,snow,3\n2026-01,snow,4\n", "line 3: '2026-01' stands below '2026-02'"),
        (b"day,biome,n\n2026-02-01,snow,3\n2025-12-31,snow,4\n", "line 3: '2025-12-31' stands below '2026-02-01'"),
    ],
)
def test_what_would_be_read_otherwise_than_it_is_meant(tape, message):
    with pytest.raises(TapeRefused) as refused:
        read_tape(tape.splitlines(keepends=True) if b"\r" not in tape else tape.split(b"\n"))
    assert str(refused.value).startswith(message)


def test_numbers_count_as_numbers_and_words_are_in_any_order():
    assert [period.name for period in read("w,biome,n\nw9,snow,1\nw10,snow,1\n")] == ["w9", "w10"]
    assert [period.name for period in read("w,biome,n\nspring,snow,1\nautumn,snow,1\n")] == ["spring", "autumn"]


def test_what_is_not_in_the_tape_is_said():
    periods = read("w,biome,n\nw1,snow,1\nw4,snow,1\n")
    assert notices_of(periods) == [
        "2 periods are not in the tape and are no cycles: w2, w3",
        "12 of 14 rows are not in the tape and count as 0",
    ]
    rows = "\n".join(f"x,{biome},1" for biome in Biome)
    assert notices_of(read(f"p,biome,n\n{rows}\n")) == []
