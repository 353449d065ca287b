"""The forms of the MRT. Their base is `EscalationForm`, an act on an escalation."""
