/* What json-stringify.h appends to its text: strings, keys and numbers. */

/* Texts up to this length get twice the room when they need more, longer ones half as much again:
   copies cost time, and what is left unused costs memory. */
#define JSON_DOUBLED_BYTES_MAX (1 << 20)

/* Makes room for that many narrow characters. */
static inline int json_reserve(StringBuffer *b, uint32_t len)
{
    if (likely(b->size - b->len >= (int)len))
        return 0;
    if (len > JS_STRING_LEN_MAX - (uint32_t)b->len)
        return string_buffer_realloc(b, JS_STRING_LEN_MAX + 1, 0);
    if (b->len < JSON_DOUBLED_BYTES_MAX)
        return string_buffer_realloc(b, max_int(b->len + len, 2 * b->len), 0);
    return string_buffer_realloc(b, b->len + len, 0);
}

static inline int json_put(StringBuffer *b, const void *text, uint32_t len)
{
    if (unlikely(b->is_wide_char))
        return string_buffer_write8(b, text, len);
    if (json_reserve(b, len))
        return -1;
    json_copy(str8(b->str) + b->len, text, len);
    b->len += len;
    return 0;
}

static inline int json_put_char(StringBuffer *b, int c)
{
    return string_buffer_putc8(b, c);
}

/* A quoted string or key with whatever is special about it. */
static no_inline int json_put_quoted_slow(JSContext *ctx, StringBuffer *b, JSValueConst str)
{
    JSValue quoted = JS_ToQuotedString(ctx, str);
    if (JS_IsException(quoted)) {
        string_buffer_set_error(b);
        return -1;
    }
    return string_buffer_concat_value_free(b, quoted);
}

/* What stands for a character in a string. */
static uint32_t json_escape(uint8_t *to, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    int letter;

    switch (c) {
    case '\t': letter = 't'; break;
    case '\r': letter = 'r'; break;
    case '\n': letter = 'n'; break;
    case '\b': letter = 'b'; break;
    case '\f': letter = 'f'; break;
    case '"':
    case '\\':
        letter = c;
        break;
    default:
        memcpy(to, "\\u00", 4);
        to[4] = hex[c >> 4];
        to[5] = hex[c & 15];
        return 6;
    }
    to[0] = '\\';
    to[1] = letter;
    return 2;
}

static int json_put_quoted(JSContext *ctx, StringBuffer *b, JSString *str)
{
    const uint8_t *p, *end;
    uint8_t *to;
    uint64_t w, special;
    int n;

    if (unlikely(str->is_wide_char || b->is_wide_char))
        return json_put_quoted_slow(ctx, b, JS_MKPTR(JS_TAG_STRING, str));
    p = str8(str);
    end = p + str->len;
    /* both quotes, and the eight bytes that the last of the loop writes */
    if (json_reserve(b, str->len + 10))
        return -1;
    to = str8(b->str) + b->len;
    *to++ = '"';
    for (;;) {
        while (end - p >= 8) {
            w = json_load8(p);
            json_store8(to, w);
            special = json_special8(w);
            if (special) {
                n = ctz64(special) >> 3;
                p += n;
                to += n;
                break;
            }
            p += 8;
            to += 8;
        }
        if (end - p < 8) {
            while (p < end && *p >= 32 && *p != '"' && *p != '\\')
                *to++ = *p++;
            if (p == end)
                break;
        }
        b->len = to - str8(b->str);
        if (json_reserve(b, 6 + (end - p) + 9))
            return -1;
        to = str8(b->str) + b->len;
        to += json_escape(to, *p++);
    }
    *to++ = '"';
    b->len = to - str8(b->str);
    return 0;
}

/* The digits of a whole number, and where they begin: they end at `end`. */
static inline uint8_t *json_digits(uint8_t *end, uint64_t n)
{
    while (n > UINT32_MAX) {
        *--end = '0' + n % 10;
        n /= 10;
    }
    {
        uint32_t small = n;
        do {
            *--end = '0' + small % 10;
            small /= 10;
        } while (small != 0);
    }
    return end;
}

static int json_put_int(StringBuffer *b, int32_t n)
{
    uint8_t buf[16], *end = buf + sizeof(buf), *p;
    p = json_digits(end, n < 0 ? -(int64_t)n : n);
    if (n < 0)
        *--p = '-';
    return json_put(b, p, end - p);
}

/* Decimals of up to 15 digits are told apart by doubles, so one that reads as `d` is the shortest
   that does, once it has no zeros at its end. */
#define JSON_SHORT_DECIMALS_MAX 6
#define JSON_SHORT_MANTISSA_MAX 1e15

static int json_put_double(StringBuffer *b, double d)
{
    char buf[128];
    uint8_t *end = (uint8_t *)buf + sizeof(buf), *p;
    JSDTOATempMem mem;
    double abs = fabs(d), m, power = 1;
    int k;

    if (!isfinite(d))
        return json_put(b, "null", 4);
    for (k = 0; k <= JSON_SHORT_DECIMALS_MAX; k++, power *= 10) {
        m = nearbyint(abs * power);
        if (m >= JSON_SHORT_MANTISSA_MAX)
            break;
        if (m / power != abs)
            continue;
        if (k == 0) {
            p = json_digits(end, (uint64_t)m);
        } else {
            uint64_t whole = (uint64_t)m / (uint64_t)power, part = (uint64_t)m % (uint64_t)power;
            p = json_digits(end, part);
            while (end - p < k)
                *--p = '0';
            *--p = '.';
            p = json_digits(p, whole);
        }
        if (d < 0)
            *--p = '-';
        return json_put(b, p, end - p);
    }
    k = js_dtoa(buf, d, 10, 0, JS_DTOA_FORMAT_FREE, &mem);
    return json_put(b, buf, k);
}
