"""Asks the website in this container whether it is ready, for the container engine. Exits with 1 when it is not."""

import http.client
import os
import sys

PORT = 8000


def is_ready() -> bool:
    """Ask over the loopback, with the host name that visitors use, because the site refuses other names."""
    name = os.environ["ALLOWED_HOSTS"].partition(",")[0].strip()
    link = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    try:
        link.request("GET", "/health/ready", headers={"Host": name.lstrip("."), "X-Forwarded-Proto": "https"})
        return link.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()


if __name__ == "__main__":
    sys.exit(0 if is_ready() else 1)
