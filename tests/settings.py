"""The product's settings, for tests: the database's owner logs in, and takes the web's role once it stands ready."""

import os

# Without https, and with the demo accounts, as in a trial run; what production asks is tested on its own.
os.environ["LVV_TRIAL"] = "1"

from lvv.trial.environment import set_tests_environment

set_tests_environment()

from lvv.settings import *  # noqa: E402, F403
from lvv.settings import DATABASE_OWNER, DATABASES  # noqa: E402

# The browser's driver keeps an event loop in this thread; nothing of ours runs in it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
assert DATABASE_OWNER is not None
DATABASES["default"] = {**DATABASE_OWNER, "CONN_MAX_AGE": 0}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# A layout that names a field which is not there stops the test. On a site the page comes without that field.
CRISPY_FAIL_SILENTLY = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Look files up when asked: the tests collect none.
WHITENOISE_AUTOREFRESH = True
