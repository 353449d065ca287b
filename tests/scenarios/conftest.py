"""A second chair at the same table."""

import pytest

from accounts.models import User
from accounts.permissions import Role
from tests.conftest import Hire


@pytest.fixture
def second_chair(hire: Hire) -> User:
    return hire(Role.CHAIR, "Gemeente Amsterdam", "tweede@lvv.example")
