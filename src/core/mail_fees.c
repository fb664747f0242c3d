/*
 * mail_fees.c: fees besides postage, as the solver takes them.
 *
 * What a fee costs depends on the letters of a set of offers alone, so it is an incremental scheme
 * of that set whose amounts are negative.  A fee for the hand-in falls on the first letter; a fee
 * for small batches falls on every letter (or the first) as long as there are few, and the letter
 * that makes them enough gives it all back.
 */
#include "core/mail_plan.h"

static PortStatus add_tiers(PostageProblem *problem, const TariffFee *fee, int64_t amount);

PortStatus
mail_add_fees(MailPlan *plan, PostageProblem *problem)
{
	const Tariff *tariff = plan->tariff;
	PortStatus status = PORT_OK;

	for (int f = 0; f < tariff->fee_count && status == PORT_OK; f++)
	{
		const TariffFee *fee = &tariff->fees[f];
		MailRule rule = {MAIL_PART_FEE, fee->code};
		int taxed = mail_common_burden(plan, fee->offers);
		bool added;

		if (fee->below == 1)
			continue;
		status = mail_add_rule(plan, problem, &rule, fee->offers, &added);
		if (!added || status != PORT_OK)
			continue;
		if (taxed < 0)
			return port_fault(&plan->fault, PORT_INVALID, "PLAN-VAT",
							  "fee \"%s\" falls on offers of different value added tax, and the "
							  "issuer does not deduct it all",
							  fee->code);
		status = add_tiers(problem, fee, mail_scaled(plan, taxed, fee->amount));
	}
	return status;
}

static PortStatus
add_tier(PostageProblem *problem, int64_t from, int64_t amount, PortStatus before)
{
	return before == PORT_OK ? postage_add_group_tier(problem, from, amount) : before;
}

static PortStatus
add_tiers(PostageProblem *problem, const TariffFee *fee, int64_t amount)
{
	int64_t letters = fee->per_letter ? fee->below - 1 : 1; /* that are paid below the limit */
	PortStatus status = add_tier(problem, 0, -amount, PORT_OK);

	if (fee->below == 0 && fee->per_letter)
		return status;
	if (!fee->per_letter && fee->below != 2)
		status = add_tier(problem, 1, 0, status);
	if (fee->below == 0)
		return status;
	status = add_tier(problem, fee->below - 1, letters * amount, status);
	return add_tier(problem, fee->below, 0, status);
}
