"""Addresses of Dask schedulers, read without Dask, which takes a second to import."""

from urllib.parse import urlsplit

from helpers.runner.errors import InputError

PROTOCOLS = ("tcp", "tls", "ws", "wss", "ucx")
AS_PRINTED = "give the address that 'dask scheduler' prints, as tcp://host:8786"


def host_and_port(address: str) -> tuple[str, int]:
    """Read a scheduler's address, or raise an ``InputError``.

    >>> host_and_port("tcp://192.168.0.7:8786")
    ('192.168.0.7', 8786)
    >>> host_and_port("[::1]:8786")
    ('::1', 8786)
    """
    try:
        protocol, _, place = address.rpartition("://")
        if protocol and protocol not in PROTOCOLS:
            raise ValueError(f"it begins with {protocol}://")
        parts = urlsplit(f"//{place}")
        if parts.netloc != place or "@" in place or any(map(str.isspace, place)):
            raise ValueError("it holds more than a host and a port")
        if not parts.hostname or not parts.port:
            raise ValueError(f"its {'port' if parts.hostname else 'host'} is missing")
    except ValueError as error:
        raise InputError(
            f"{address!r} is no scheduler's address ({error}): {AS_PRINTED}"
        ) from error
    return parts.hostname, parts.port
