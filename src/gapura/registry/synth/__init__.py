"""Believable people who don't exist: households of a seed and a day, as long a stream as is asked for.

`people.people(seed, today)` is the stream, `extract.write_extract` puts it into a file that `import` takes.
"""
