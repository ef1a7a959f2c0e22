"""The time zone of an address at Stripe, whose API has no time zone of a customer: by its country, or its state there.

A country has one zone, or a main one in which by far the most people live. Where neither is so and no state is given, it is
one in its middle: what leaves there from 9 to 17 is read by day on either coast. Source: zone.tab of the IANA time zone
database.
"""

import re
from functools import cache

_BY_COUNTRY = {
    "Africa": """
        AO:Luanda BF:Ouagadougou BI:Bujumbura BJ:Porto-Novo BW:Gaborone CD:Kinshasa CF:Bangui CG:Brazzaville CI:Abidjan
        CM:Douala DJ:Djibouti DZ:Algiers EG:Cairo EH:El_Aaiun ER:Asmara ET:Addis_Ababa GA:Libreville GH:Accra GM:Banjul
        GN:Conakry GQ:Malabo GW:Bissau KE:Nairobi LR:Monrovia LS:Maseru LY:Tripoli MA:Casablanca ML:Bamako MR:Nouakchott
        MW:Blantyre MZ:Maputo NA:Windhoek NE:Niamey NG:Lagos RW:Kigali SD:Khartoum SL:Freetown SN:Dakar SO:Mogadishu
        SS:Juba ST:Sao_Tome SZ:Mbabane TD:Ndjamena TG:Lome TN:Tunis TZ:Dar_es_Salaam UG:Kampala ZA:Johannesburg
        ZM:Lusaka ZW:Harare
    """,
    "America": """
        AG:Antigua AI:Anguilla AR:Argentina/Buenos_Aires AW:Aruba BB:Barbados BL:St_Barthelemy BO:La_Paz BQ:Kralendijk
        BR:Sao_Paulo BS:Nassau BZ:Belize CL:Santiago CO:Bogota CR:Costa_Rica CU:Havana CW:Curacao DM:Dominica
        DO:Santo_Domingo EC:Guayaquil GD:Grenada GF:Cayenne GL:Nuuk GP:Guadeloupe GT:Guatemala GY:Guyana HN:Tegucigalpa
        HT:Port-au-Prince JM:Jamaica KN:St_Kitts KY:Cayman LC:St_Lucia MF:Marigot MQ:Martinique MS:Montserrat
        MX:Mexico_City NI:Managua PA:Panama PE:Lima PM:Miquelon PR:Puerto_Rico PY:Asuncion SR:Paramaribo SV:El_Salvador
        SX:Lower_Princes TC:Grand_Turk TT:Port_of_Spain UY:Montevideo VC:St_Vincent VE:Caracas VG:Tortola VI:St_Thomas
    """,
    "Arctic": """
        SJ:Longyearbyen
    """,
    "Asia": """
        AE:Dubai AF:Kabul AM:Yerevan AZ:Baku BD:Dhaka BH:Bahrain BN:Brunei BT:Thimphu CN:Shanghai CY:Nicosia GE:Tbilisi
        HK:Hong_Kong ID:Jakarta IL:Jerusalem IN:Kolkata IQ:Baghdad IR:Tehran JO:Amman JP:Tokyo KG:Bishkek KH:Phnom_Penh
        KP:Pyongyang KR:Seoul KW:Kuwait KZ:Almaty LA:Vientiane LB:Beirut LK:Colombo MM:Yangon MN:Ulaanbaatar MO:Macau
        MY:Kuala_Lumpur NP:Kathmandu OM:Muscat PH:Manila PK:Karachi PS:Hebron QA:Qatar SA:Riyadh SG:Singapore
        SY:Damascus TH:Bangkok TJ:Dushanbe TL:Dili TM:Ashgabat TW:Taipei UZ:Tashkent VN:Ho_Chi_Minh YE:Aden
    """,
    "Atlantic": """
        BM:Bermuda CV:Cape_Verde FK:Stanley FO:Faroe GS:South_Georgia IS:Reykjavik SH:St_Helena
    """,
    "Europe": """
        AD:Andorra AL:Tirane AT:Vienna AX:Mariehamn BA:Sarajevo BE:Brussels BG:Sofia BY:Minsk CH:Zurich CZ:Prague
        DE:Berlin DK:Copenhagen EE:Tallinn ES:Madrid FI:Helsinki FR:Paris GB:London GG:Guernsey GI:Gibraltar GR:Athens
        HR:Zagreb HU:Budapest IE:Dublin IM:Isle_of_Man IT:Rome JE:Jersey LI:Vaduz LT:Vilnius LU:Luxembourg LV:Riga
        MC:Monaco MD:Chisinau ME:Podgorica MK:Skopje MT:Malta NL:Amsterdam NO:Oslo PL:Warsaw PT:Lisbon RO:Bucharest
        RS:Belgrade SE:Stockholm SI:Ljubljana SK:Bratislava SM:San_Marino TR:Istanbul UA:Kyiv VA:Vatican
    """,
    "Indian": """
        CC:Cocos CX:Christmas IO:Chagos KM:Comoro MG:Antananarivo MU:Mauritius MV:Maldives RE:Reunion SC:Mahe
        TF:Kerguelen YT:Mayotte
    """,
    "Pacific": """
        AS:Pago_Pago CK:Rarotonga FJ:Fiji FM:Pohnpei GU:Guam KI:Tarawa MH:Majuro MP:Saipan NC:Noumea NF:Norfolk NR:Nauru
        NU:Niue NZ:Auckland PF:Tahiti PG:Port_Moresby PN:Pitcairn PW:Palau SB:Guadalcanal TK:Fakaofo TO:Tongatapu
        TV:Funafuti VU:Efate WF:Wallis WS:Apia
    """,
}
"""Country:zone, by the zone's continent or ocean."""

_BY_STATE = {
    "AU": "Australia Adelaide:SA Brisbane:QLD Darwin:NT Hobart:TAS Melbourne:VIC Perth:WA Sydney:ACT,NSW",
    "BR": "America Boa_Vista:RR Campo_Grande:MS Cuiaba:MT Manaus:AM Porto_Velho:RO Rio_Branco:AC",
    "CA": """
        America Edmonton:AB,NT Halifax:NS,PE Iqaluit:NU Moncton:NB Regina:SK St_Johns:NL Toronto:ON,QC Vancouver:BC
        Whitehorse:YT Winnipeg:MB
    """,
    "ID": "Asia Jayapura:MA,MU,PA,PB Makassar:BA,BALI,GO,KI,KS,KU,NB,NT,SA,SG,SN,SR,ST",
    "MX": "America Cancun:QR,QROO,ROO Hermosillo:SON Mazatlan:BCS,NAY,SIN Tijuana:BC,BCN",
    "RU": "Europe Moscow:LEN,MOS,MOW,SPE",
    "US": """
        America Anchorage:AK Boise:ID Chicago:AL,AR,IA,IL,KS,LA,MN,MO,MS,ND,NE,OK,SD,TN,TX,WI Denver:CO,MT,NM,UT,WY
        Detroit:MI Indiana/Indianapolis:IN Los_Angeles:CA,NV,OR,WA
        New_York:CT,DC,DE,FL,GA,KY,MA,MD,ME,NC,NH,NJ,NY,OH,PA,RI,SC,VA,VT,WV Phoenix:AZ
    """,
}
"""By country: the continent, then zone:states, by their codes of ISO 3166-2.

A state in two zones has that of the most people.
"""

_ELSEWHERE = {("US", "HI"): "Pacific/Honolulu"}

_MIDDLE = {"AU": "Australia/Adelaide", "CA": "America/Winnipeg", "RU": "Asia/Yekaterinburg", "US": "America/Chicago"}


def of_address(country: str | None, state: str | None = None) -> str | None:
    """The IANA zone of an address by its country (ISO 3166) and state (`CA`, `US-CA`, `B.C.`); None for no plain answer."""
    place = (country or "").strip().upper()
    within = re.sub("[^A-Z]", "", (state or "").upper().removeprefix(f"{place}-"))
    return _of_states().get((place, within)) or _of_countries().get(place) or _MIDDLE.get(place)


@cache
def _of_countries() -> dict[str, str]:
    pairs = [(area, *pair.split(":")) for area, pairs in _BY_COUNTRY.items() for pair in pairs.split()]
    return {country: f"{area}/{name}" for area, country, name in pairs}


@cache
def _of_states() -> dict[tuple[str, str], str]:
    found = dict(_ELSEWHERE)
    for country, line in _BY_STATE.items():
        area, *pairs = line.split()
        for name, states in (pair.split(":") for pair in pairs):
            found |= {(country, state): f"{area}/{name}" for state in states.split(",")}
    return found
