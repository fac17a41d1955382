/* Eight bytes of text at a time: what JSON's reader and writer share. */

#define JSON_BYTES(c) (0x0101010101010101ULL * (c))

/* How deep the quick ways go. What is nested deeper goes the ordinary way, which checks the stack
   and tells what it finds. */
#define JSON_DEPTH_MAX 256

static inline uint64_t json_load8(const uint8_t *p)
{
    uint64_t w;
    memcpy(&w, p, 8);
    return w;
}

static inline void json_store8(uint8_t *p, uint64_t w)
{
    memcpy(p, &w, 8);
}

/* The lowest bit that is set marks the first byte below 32, '"' or '\\'; bits above it say
   nothing. */
static inline uint64_t json_special8(uint64_t w)
{
    uint64_t quote = w ^ JSON_BYTES('"');
    uint64_t backslash = w ^ JSON_BYTES('\\');
    return (((w - JSON_BYTES(32)) & ~w)
            | ((quote - JSON_BYTES(1)) & ~quote)
            | ((backslash - JSON_BYTES(1)) & ~backslash)) & JSON_BYTES(0x80);
}

/* The same, and bytes that are not ASCII. */
static inline uint64_t json_not_plain8(uint64_t w)
{
    return json_special8(w) | (w & JSON_BYTES(0x80));
}

static inline bool json_is_plain(int c)
{
    return c >= 32 && c < 0x80 && c != '"' && c != '\\';
}

/* For short texts: the C library's memcpy() and memcmp() are calls, and long ones of the host. */
static inline void json_copy(uint8_t *to, const uint8_t *from, uint32_t len)
{
    if (len >= 8) {
        uint32_t i;
        if (len > 256) {
            memcpy(to, from, len);
            return;
        }
        for (i = 0; i + 8 < len; i += 8)
            json_store8(to + i, json_load8(from + i));
        json_store8(to + len - 8, json_load8(from + len - 8));
    } else if (len >= 4) {
        uint32_t head, tail;
        memcpy(&head, from, 4);
        memcpy(&tail, from + len - 4, 4);
        memcpy(to, &head, 4);
        memcpy(to + len - 4, &tail, 4);
    } else {
        uint32_t i;
        for (i = 0; i < len; i++)
            to[i] = from[i];
    }
}

static inline bool json_equal(const uint8_t *a, const uint8_t *b, uint32_t len)
{
    if (len >= 8) {
        uint32_t i;
        for (i = 0; i + 8 < len; i += 8) {
            if (json_load8(a + i) != json_load8(b + i))
                return false;
        }
        return json_load8(a + len - 8) == json_load8(b + len - 8);
    } else if (len >= 4) {
        uint32_t a0, a1, b0, b1;
        memcpy(&a0, a, 4);
        memcpy(&a1, a + len - 4, 4);
        memcpy(&b0, b, 4);
        memcpy(&b1, b + len - 4, 4);
        return a0 == b0 && a1 == b1;
    } else {
        uint32_t i;
        for (i = 0; i < len; i++) {
            if (a[i] != b[i])
                return false;
        }
        return true;
    }
}
