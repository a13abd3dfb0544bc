/* Public keys that must be refused. */
#ifndef WSS_TEST_BAD_POINTS_H
#define WSS_TEST_BAD_POINTS_H

/* x and y, not on P-256. */
static const char *const bad_p256[][2] = {
    {"0", "0"},
    {"1", "1"},
    /* The base point, y + 1. */
    {"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
     "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f6"},
    /* The base point, its coordinates changed over. */
    {"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
     "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"},
    /* x is the prime of the field: not below it. */
    {"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
     "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
     "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
};

/* u of x25519, little-endian: 0, 1, the two of order 8, and -1; then p and
   p + 1, which are 0 and 1; and 0 with the highest bit, which does not count.
 */
static const char *const low_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
};

#endif
