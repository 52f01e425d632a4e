import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts.replies import Fault, SmtpStep, http_fault, smtp_fault
from monitor.errors import ChannelReason

R = ChannelReason


@given(st.integers(-1, 999), st.sampled_from(SmtpStep))
def test_the_first_digit_of_a_reply_decides(code, step):
    """RFC 5321 §4.2.1; but a refused login is for a person to mend, not for the message to die of."""
    fault = smtp_fault(code, step)
    assert fault.permanent == (code // 100 == 5 and fault.reason is not R.AUTHENTICATION)


@pytest.mark.parametrize("fault", [smtp_fault(535, SmtpStep.LOGIN), http_fault(401), http_fault(403)])
def test_a_refused_login_is_tried_again(fault):
    assert fault == Fault(R.AUTHENTICATION, permanent=False)


@pytest.mark.parametrize(
    ("code", "step", "fault"),
    [
        (421, SmtpStep.CONNECT, Fault(R.SERVER, permanent=False)),
        (450, SmtpStep.RECIPIENT, Fault(R.RATE_LIMITED, permanent=False)),
        (451, SmtpStep.DATA, Fault(R.SERVER, permanent=False)),
        (452, SmtpStep.RECIPIENT, Fault(R.SERVER, permanent=False)),
        (454, SmtpStep.LOGIN, Fault(R.AUTHENTICATION, permanent=False)),
        (454, SmtpStep.TLS, Fault(R.TLS, permanent=False)),
        (530, SmtpStep.SENDER, Fault(R.AUTHENTICATION, permanent=False)),
        (535, SmtpStep.LOGIN, Fault(R.AUTHENTICATION, permanent=False)),
        (550, SmtpStep.RECIPIENT, Fault(R.RECIPIENT, permanent=True)),
        (550, SmtpStep.SENDER, Fault(R.REJECTED, permanent=True)),
        (552, SmtpStep.DATA, Fault(R.REJECTED, permanent=True)),
        (554, SmtpStep.CONNECT, Fault(R.REFUSED, permanent=True)),
        (-1, SmtpStep.SENDER, Fault(R.SERVER, permanent=False)),
    ],
)
def test_a_reply_means_what_its_step_makes_of_it(code, step, fault):
    assert smtp_fault(code, step) == fault


@given(st.integers(100, 999))
def test_only_2xx_is_taken(status):
    assert (http_fault(status) is None) == (200 <= status < 300)


@given(st.integers(300, 999).filter(lambda status: status not in {401, 403, 407, 408, 425, 429}))
def test_what_the_request_is_to_blame_for_is_permanent(status):
    fault = http_fault(status)
    assert fault is not None
    assert fault.permanent == (status < 500)


@pytest.mark.parametrize("status", [408, 425, 429])
def test_what_may_be_repeated_is(status):
    """RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4."""
    fault = http_fault(status)
    assert fault is not None
    assert not fault.permanent
