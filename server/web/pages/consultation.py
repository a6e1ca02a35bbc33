"""How far a consultation has come."""

from server.web.pages.frame import room

blueprint = room("consultation")
