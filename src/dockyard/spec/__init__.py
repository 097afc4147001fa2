"""Published formats as frozen values: a subpackage for each specification; no behaviour beyond parsing and writing."""
