/*
 * sha256.h: SHA-256 (FIPS 180-4), small and slow, for tests of core without a server.
 */
#ifndef UNIT_SHA256_H
#define UNIT_SHA256_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline uint32_t
sha256_turn(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

/* The first 32 bits of the fractional part of a root of the n-th prime: 2 square, 3 cube. */
static inline uint32_t
sha256_constant(int n, int root)
{
	int prime = 1;
	unsigned __int128 low = 0, high = (unsigned __int128) 1 << 40;

	for (int found = -1; found < n;)
	{
		int divisor = 2;

		prime++;
		while (divisor * divisor <= prime && prime % divisor != 0)
			divisor++;
		if (divisor * divisor > prime)
			found++;
	}
	/* the largest x with x^root <= prime * 2^(32 root), by halving */
	while (high - low > 1)
	{
		unsigned __int128 middle = (low + high) / 2;
		unsigned __int128 limit = (unsigned __int128) prime << 64;
		int fits = root == 2 ? middle * middle <= limit : middle * middle / 65536 * middle <= limit << 16;

		if (fits)
			low = middle;
		else
			high = middle;
	}
	return (uint32_t) low;
}

static inline void
sha256_block(uint32_t state[8], const uint8_t *bytes, const uint32_t k[64])
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t) bytes[4 * i] << 24 | (uint32_t) bytes[4 * i + 1] << 16 |
			   (uint32_t) bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
			   (sha256_turn(w[i - 15], 7) ^ sha256_turn(w[i - 15], 18) ^ w[i - 15] >> 3) +
			   (sha256_turn(w[i - 2], 17) ^ sha256_turn(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, state, sizeof(v));
	for (int i = 0; i < 64; i++)
	{
		uint32_t one = v[7] + (sha256_turn(v[4], 6) ^ sha256_turn(v[4], 11) ^ sha256_turn(v[4], 25)) +
					   ((v[4] & v[5]) ^ (~v[4] & v[6])) + k[i] + w[i];
		uint32_t two = (sha256_turn(v[0], 2) ^ sha256_turn(v[0], 13) ^ sha256_turn(v[0], 22)) +
					   ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += one;
		v[0] = one + two;
	}
	for (int i = 0; i < 8; i++)
		state[i] += v[i];
}

static inline void
sha256(const void *bytes, size_t length, uint8_t out[32])
{
	static uint32_t k[64], start[8];
	uint32_t state[8];
	size_t padded = (length + 9 + 63) / 64 * 64;
	uint8_t *input = calloc(1, padded);

	if (k[0] == 0)
	{
		for (int i = 0; i < 64; i++)
			k[i] = sha256_constant(i, 3);
		for (int i = 0; i < 8; i++)
			start[i] = sha256_constant(i, 2);
	}
	memcpy(state, start, sizeof(state));
	memcpy(input, bytes, length);
	input[length] = 0x80;
	for (int i = 0; i < 8; i++)
		input[padded - 1 - i] = (uint8_t) ((uint64_t) length * 8 >> (8 * i));
	for (size_t at = 0; at < padded; at += 64)
		sha256_block(state, input + at, k);
	free(input);
	for (int i = 0; i < 32; i++)
		out[i] = (uint8_t) (state[i / 4] >> (24 - i % 4 * 8));
}

#endif
