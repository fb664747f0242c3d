/* render_code.h: what the QR code of the reference page says: a credit transfer, as all engines draw it. */
#ifndef RENDER_CODE_H
#define RENDER_CODE_H

#define RENDER_CODE \
	"BCD\n002\n1\nSCT\nDNBANOKKXXX\nNordkraft Kort AS\nNO9386011117947\nEUR22890.75\n\nRF18539007547034\n\nInvoice 2026-100017 of Fjellheim Transport og Spedisjon AS"

#endif
