"""The run-time type checker of the tests: as strict as the annotations, with int accepted where float is meant."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
