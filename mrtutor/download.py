"""Download one file so that a broken connection costs only what was missing."""

import time
from pathlib import Path
from urllib.parse import urlsplit

from .show import bar, in_book

MAX_BYTES = 500 * 2**20
CHUNK = 2**10  # what a broken line can cost: urllib3 drops a chunk that did not come whole


class FetchError(OSError):
    """A download that did not succeed: one sentence that says what happened and what the reader can do."""


class Resume:
    """A downloader for pooch: asks for the rest of a file by HTTP Range, tries again, and keeps the part for next time.

    `part` is where the unfinished file waits. `tries` attempts, with `wait` seconds before the second and twice that
    before each next one; only an attempt that brought nothing new counts.
    """

    def __init__(self, part: Path, progress: bool = True, tries: int = 4, wait: float = 1.0, timeout: float = 20.0):
        self.part, self.progress, self.tries, self.wait, self.timeout = Path(part), progress, tries, wait, timeout

    def __call__(self, url: str, output_file, pooch) -> None:
        import requests

        failures = 0
        while True:
            before = self._size()
            try:
                self._get(url)
                break
            except FetchError:
                self.part.unlink(missing_ok=True)
                raise
            except requests.exceptions.RequestException as error:
                failures = 1 if self._size() > before else failures + 1
                if not _may_pass(error) or failures >= self.tries:
                    raise FetchError(_words(error, url, self._size())) from None
                time.sleep(self.wait * 2 ** (failures - 1))
        if hasattr(output_file, "write"):
            output_file.write(self.part.read_bytes())
        else:
            Path(output_file).write_bytes(self.part.read_bytes())
        self.part.unlink()

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _get(self, url: str) -> None:
        import requests

        start = self._size()
        headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-"} if start else {})}
        with requests.get(url, headers=headers, stream=True, timeout=self.timeout) as response:
            if response.status_code == 416:  # the part is not the beginning of that file
                self.part.unlink(missing_ok=True)
                raise requests.exceptions.ChunkedEncodingError("the part kept does not fit the file on the server")
            response.raise_for_status()
            if response.status_code != 206:
                start = 0  # the server sends all of it again
            total = start + int(response.headers.get("Content-Length", 0))
            with open(self.part, "ab" if start else "wb") as out, self._bar(start, total, url) as bar:
                for chunk in response.iter_content(CHUNK):
                    out.write(chunk)
                    bar.update(len(chunk))
                    if out.tell() > MAX_BYTES:
                        raise FetchError(
                            f"{_host(url)} sent more than {MAX_BYTES >> 20} MiB for {Path(url).name}, which is "
                            f"not the file we know."
                        )
        if total > start and self._size() < total:
            raise requests.exceptions.ChunkedEncodingError(f"{self._size()} of {total} bytes came")

    def _bar(self, start: int, total: int, url: str):
        return bar(
            initial=start,
            total=total or None,
            unit="B",
            unit_scale=True,
            desc=Path(url).name,
            disable=in_book() or not self.progress,
        )


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _may_pass(error) -> bool:
    """Worth another try: a busy server or a broken line, not a missing page, a proxy that wants a password or a bad
    certificate.
    """
    import requests

    if isinstance(error, requests.exceptions.HTTPError):
        return error.response is not None and error.response.status_code in (408, 425, 429, 500, 502, 503, 504)
    hopeless = ("ProxyError", "SSLError", "InvalidURL", "InvalidSchema")
    return not isinstance(error, tuple(getattr(requests.exceptions, name) for name in hopeless))


def _words(error, url: str, kept: int) -> str:
    """What happened, in a sentence for someone at a hospital workstation."""
    import requests

    host, name = _host(url), Path(url).name
    kept_words = f" {kept} bytes are kept: run the same command again to go on from there." if kept else ""
    if isinstance(error, requests.exceptions.HTTPError):
        status = 0 if error.response is None else error.response.status_code
        if status == 404:
            return (
                f"{host} no longer has {name} (404): the source has moved, and this version of mrtutor does not "
                f"know where to."
            )
        if status == 407:
            return (
                f"A proxy between this machine and {host} wants a user name and password (407): "
                "set HTTPS_PROXY to http://user:password@proxy:port."
            )
        if status == 403:
            return (
                f"{host}, or a firewall in its name, refuses {name} (403): fetch it on another network and copy "
                f"the .h5 file over."
            )
        return f"{host} answered {status} for {name}, several times: try again later.{kept_words}"
    if isinstance(error, requests.exceptions.ProxyError):
        return (
            f"The proxy set for this machine does not let us reach {host}: check HTTPS_PROXY and NO_PROXY, or "
            f"fetch on another network."
        )
    if isinstance(error, requests.exceptions.SSLError):
        return (
            f"The certificate shown for {host} is not trusted: a firewall that inspects traffic does this; "
            "set REQUESTS_CA_BUNDLE to its certificate file, which your IT department has."
        )
    if isinstance(error, requests.exceptions.Timeout):
        return f"{host} did not answer in time: the network is slow or a firewall drops the request.{kept_words}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"The connection to {host} broke off, several times.{kept_words}"
    return (
        f"{host} cannot be reached: this machine is offline, or a firewall or a missing proxy setting "
        f"(HTTPS_PROXY) is in the way.{kept_words}"
    )
