"""Asks this container's own website whether it is ready; ends with 1 when it is not. For the container engine."""

import http.client
import os
import sys

PORT = 8000


def is_ready() -> bool:
    """Over the loopback, under the name that visitors use: other names are refused."""
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
