"""The Urdu of decisions. Digits are western, as Pakistani newspapers and banks write them."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_datetime

RULES: dict[str, str] = {
    "holdout": "موازنے کے گروہ میں ہیں، جسے کچھ نہیں بھیجا جاتا تاکہ اثر ناپا جا سکے",
    "no_address": "کا اس ذریعے پر کوئی پتہ معلوم نہیں",
    "suppressed": "کے پتے پر لکھنا منع ہے (پیغام واپس آیا یا شکایت ہوئی)",
    "no_consent": "نے اس قسم کے پیغامات کی اجازت نہیں دی",
    "quiet_hours": "کے ہاں آرام کے اوقات تھے",
    "cap": "کو اس قسم کے اتنے پیغامات مل چکے تھے جتنے کی حد ہے",
}

#: They always stand before a postposition, so one form serves one and many.
UNITS: dict[str, tuple[str, str]] = {
    "s": ("سیکنڈ", "سیکنڈ"),
    "m": ("منٹ", "منٹ"),
    "h": ("گھنٹے", "گھنٹوں"),
    "d": ("دن", "دنوں"),
}

CLASSES: dict[str, str] = {
    "transactional": "لین دین کے",
    "triggered": "واقعے پر بھیجے جانے والے",
    "promotional": "تشہیری",
}
CHANNELS: dict[str, str] = {"email": "ای میل", "sms": "ایس ایم ایس", "push": "پش نوٹیفکیشن"}

TEXTS: dict[str, str] = {
    "what": "پیغام {template} (سفر {journey})",
    "sent": "{when}: {who} کو {what} بھیجا گیا۔ {delivery}",
    "deferred": "{when}: {who} کے لیے {what}{later} مؤخر کر دیا گیا۔ {reason}",
    "until": " {when} تک",
    "withheld": "{when}: {who} کو {what} نہیں بھیجا گیا۔ {reason}{late}",
    "late": " مزید انتظار کرنے سے پیغام بے فائدہ ہو جاتا۔",
    "holdout": "{who} قرعہ اندازی سے موازنے کے گروہ میں آئے ہیں، جسے ایسے پیغامات نہیں بھیجے جاتے "
    "تاکہ ان کا اثر ناپا جا سکے۔",
    "no_address": "{channel} کے لیے کوئی پتہ معلوم نہیں۔",
    "suppressed": "اس پتے پر لکھنا منع ہے: یا تو اس پر بھیجا گیا کوئی پیغام واپس آیا تھا، یا کسی نے "
    "شکایت کی تھی۔",
    "no_consent": "{who} نے {topic} کے بارے میں {channel} کی اجازت نہیں دی، یا دی ہوئی اجازت واپس لے "
    "لی ہے۔",
    "other_rule": "{who} {words}۔",
    "quiet_hours": "{who} کے ہاں ({zone}) اُس وقت {time} بجے تھے، اور {between} کسی کو زحمت نہیں دی "
    "جاتی۔",
    "between": "{start} سے {end} تک",
    "at_that_hour": "اُس وقت",
    "cap_zero": "فی الحال کسی کو {cls} پیغامات نہیں بھیجے جاتے: حد 0 ہے۔",
    "cap": "کسی کو {span} میں {max} سے زیادہ {cls} {messages} نہیں بھیجے جاتے",
    "message": "پیغامات",
    "messages": "پیغامات",
    "had": "{cap}، اور {who} کو اتنے مل چکے تھے۔",
    "held": "{cap}، اور یہ جگہ {when} کے پیغام {rival} نے لے رکھی ہے۔",
    "delivered": "{channel} سرور نے اسے {when} کو وصول کیا۔",
    "failed": "یہ پہنچایا نہ جا سکا{why}۔",
    "failed_why": ": {error}",
    "again": "یہ ابھی نہیں پہنچا اور دوبارہ کوشش کی جائے گی ({error})۔",
    "under_way": "یہ راستے میں ہے۔",
    "was_inside": "اُس وقت سفر {journey} میں تھے۔",
    "inside": "اب سفر {journey}{group} میں ہیں{then}۔",
    "in_holdout": " کے موازنے کے گروہ",
    "then": "؛ اگلا مرحلہ {when} کو ہے",
    "entered": "گروہ {segment} میں شامل ہوئے۔",
    "left": "گروہ {segment} سے نکل گئے۔",
    "nothing": "{who} کے لیے کسی پیغام پر غور نہیں ہوا۔",
    "nothing_until": "{who} کے لیے {when} تک کسی پیغام پر غور نہیں ہوا۔",
    "by_key": "لکھنے کی کلید {name} سے آیا",
    "by_journey": "کسی سفر نے مقرر کیا",
    "by_channels": "پیغام کے روابط یا ترسیل سے معلوم ہوا",
    "by_import": "{name} کے طور پر درآمد ہوا",
    "by_other": "ماخذ: {name}",
    "silent": "نہ کچھ کہا گیا، نہ کچھ کیا گیا۔",
    "unspoken": "{who} کے {deeds}، اور اُن سے کچھ نہیں کہا گیا۔",
    "with": "بات چیت دو طرفہ ہے: {messages} بھیجے گئے، {answered} کا جواب ملا، اور {whose} کے {deeds}۔",
    "at": "بات یک طرفہ ہے: {messages} بھیجے گئے، {answered} کا جواب ملا، اور {whose} کے {deeds}۔",
    "one_message": "1 پیغام",
    "n_messages": "{n} پیغامات",
    "one_act": "1 کام",
    "n_acts": "{n} کام",
    "they": "ان لوگوں",
}


def when(moment: datetime) -> str:
    """'پیر 2 مارچ 2026، 09:30'"""
    return str(format_datetime(moment, "EEEE d MMMM y، HH:mm", tzinfo=moment.tzinfo, locale="ur"))
