"""A form with answers, as for the doors."""

from tests.web.conftest import answered, hands, make_survey, rice

__all__ = ["answered", "hands", "make_survey", "rice"]
