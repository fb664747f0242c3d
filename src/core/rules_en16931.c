/*
 * rules_en16931.c: the rules of EN 16931-1 that this version checks, with their official ids.
 *
 * Conditions follow the official UBL binding, release 1.3.16 of 2026-04-10
 * (ConnectingEurope/eInvoicing-EN16931), in our own words: where a missing operand makes a
 * comparison false there, the rule fires here too. BR-CO-05 to BR-CO-08 can never fire there and
 * BR-CO-25 was withdrawn, so they have no entry.
 */
#include "core/rules_facts.h"

#define NUMBER(rule_id, kind, how, ...) \
	.id = rule_id, .group = INVOICE_##kind, .check = CHECK_##how, .operands = __VA_ARGS__
#define T(term)           \
	{                     \
		TERM_##term, 1, 0 \
	}
#define LEFT(term)                   \
	{                                \
		TERM_##term, 1, OPERAND_LEFT \
	}
#define LEFT_LESS(term)                                  \
	{                                                    \
		TERM_##term, -1, OPERAND_LEFT | OPERAND_OPTIONAL \
	}
#define PLUS(term)                       \
	{                                    \
		TERM_##term, 1, OPERAND_OPTIONAL \
	}
#define LESS(term)                        \
	{                                     \
		TERM_##term, -1, OPERAND_OPTIONAL \
	}
#define MARKED(mark)      \
	{                     \
		MARK_##mark, 1, 0 \
	}
#define SUM(sum)        \
	{                   \
		SUM_##sum, 1, 0 \
	}
#define LIST(...)   \
	{               \
		__VA_ARGS__ \
	}

const Rule rules_en16931[] = {
	{NUMBER("BR-CO-03", DOCUMENT, NOT_BOTH, LIST(T(BT_7), T(BT_8))),
	 .text = "give either a tax point date (BT-7) or a code for it (BT-8)"},
	{NUMBER("BR-CO-04", LINE, SEEN, LIST(MARKED(LINE_CATEGORY))),
	 .text = "an invoice line needs a VAT category code (BT-151)"},
	{NUMBER("BR-CO-09", PARTY_TAX, PREFIX, LIST(T(PARTY_TAX_COMPANY))),
	 .when_term = TERM_PARTY_TAX_SCHEME, .when_text = "VAT",
	 .text = "a VAT identifier begins with the country code of ISO 3166-1, EL for Greece"},
	{NUMBER("BR-CO-10", TOTALS, TOTAL, LIST(T(BT_106), SUM(LINES))), .arithmetic = true,
	 .text =
		 "the sum of line net amounts (BT-106) must be the sum of the lines' net amounts (BT-131)"},
	{NUMBER("BR-CO-11", TOTALS, TOTAL_IF, LIST(T(BT_107), SUM(ALLOWANCES))), .arithmetic = true,
	 .text =
		 "the sum of allowances (BT-107) must be the sum of the document level allowances (BT-92)"},
	{NUMBER("BR-CO-12", TOTALS, TOTAL_IF, LIST(T(BT_108), SUM(CHARGES))), .arithmetic = true,
	 .text = "the sum of charges (BT-108) must be the sum of the document level charges (BT-99)"},
	{NUMBER("BR-CO-13", TOTALS, BALANCE, LIST(LEFT(BT_109), T(BT_106), LESS(BT_107), PLUS(BT_108))),
	 .arithmetic = true, .text = "the total without VAT (BT-109) must be BT-106 - BT-107 + BT-108"},
	{NUMBER("BR-CO-14", TAX_TOTAL, TAX_SUM, LIST(T(TAX_TOTAL_AMOUNT))), .arithmetic = true,
	 .text =
		 "the total VAT amount (BT-110) must be the sum of the VAT category tax amounts (BT-117)"},
	{NUMBER("BR-CO-15", DOCUMENT, TAX_TOTAL, LIST(T(BT_112), T(BT_109))), .arithmetic = true,
	 .text = "the total with VAT (BT-112) must be the total without VAT (BT-109) plus the total "
			 "VAT amount (BT-110)"},
	{NUMBER("BR-CO-16", TOTALS, BALANCE,
			LIST(LEFT(BT_115), LEFT_LESS(BT_114), T(BT_112), LESS(BT_113))),
	 .arithmetic = true, .text = "the amount due (BT-115) must be BT-112 - BT-113 + BT-114"},
	{NUMBER("BR-CO-17", TAX, TAX_AMOUNT, LIST(T(BT_117), T(BT_116), T(BT_119))), .arithmetic = true,
	 .text = "the tax amount (BT-117) must be the taxable amount (BT-116) times the rate (BT-119), "
			 "rounded"},
	{NUMBER("BR-CO-18", DOCUMENT, SEEN, LIST(MARKED(TAX))),
	 .text = "an invoice needs at least one VAT breakdown (BG-23)"},
	{NUMBER("BR-CO-19", PERIOD, ANY, LIST(T(PERIOD_START), T(PERIOD_END), T(PERIOD_CODE))),
	 .text = "an invoicing period (BG-14) needs a start date (BT-73) or an end date (BT-74)"},
	{NUMBER("BR-CO-20", LINE_PERIOD, ANY, LIST(T(LINE_PERIOD_START), T(LINE_PERIOD_END))),
	 .text = "a line period (BG-26) needs a start date (BT-134) or an end date (BT-135)"},
	{NUMBER("BR-CO-21", ALLOWANCE, ANY, LIST(T(BT_97), T(BT_98))),
	 .text = "a document level allowance needs a reason (BT-97) or a reason code (BT-98)"},
	{NUMBER("BR-CO-22", CHARGE, ANY, LIST(T(BT_104), T(BT_105))),
	 .text = "a document level charge needs a reason (BT-104) or a reason code (BT-105)"},
	{NUMBER("BR-CO-23", LINE_ALLOWANCE, ANY, LIST(T(BT_139), T(BT_140))),
	 .text = "a line allowance needs a reason (BT-139) or a reason code (BT-140)"},
	{NUMBER("BR-CO-24", LINE_CHARGE, ANY, LIST(T(BT_144), T(BT_145))),
	 .text = "a line charge needs a reason (BT-144) or a reason code (BT-145)"},
	{NUMBER("BR-CO-26", DOCUMENT, SEEN, LIST(MARKED(SELLER_IDENTIFIED))), .only_if = MARK_SELLER,
	 .text = "the seller needs an identifier (BT-29), a legal registration (BT-30) or a VAT "
			 "identifier (BT-31)"},
};

const int rules_en16931_count = (int) (sizeof(rules_en16931) / sizeof(*rules_en16931));

/*
 * Code list vat_id_country_prefix of the same release, licence EUPL-1.2: ISO 3166-1 alpha-2 with
 * EL, XI and 1A.
 */
const char rules_vat_prefixes[] = " "
								  "1A AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE "
								  "BF BG BH BI BJ BL BM BN BO BQ BR BS "
								  "BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW "
								  "CX CY CZ DE DJ DK DM DO DZ EC EE EG "
								  "EH EL ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM "
								  "GN GP GQ GR GS GT GU GW GY HK HM HN "
								  "HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI "
								  "KM KN KP KR KW KY KZ LA LB LC LI LK "
								  "LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR "
								  "MS MT MU MV MW MX MY MZ NA NC NE NF "
								  "NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT "
								  "PW PY QA RE RO RS RU RW SA SB SC SD "
								  "SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
								  "TH TJ TK TL TM TN TO TR TT TV TW TZ "
								  "UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XI YE YT ZA ZM ZW ";
