/* Strings and numbers for json-parse.h, which includes this. */

/* A string with escapes or other characters than ASCII; `plain` bytes at `p` are neither. */
static no_inline const uint8_t *json_read_string_slow(JSONReader *r, const uint8_t *p,
                                                      uint32_t plain, JSValue *pval)
{
    StringBuffer b_s, *b = &b_s;
    const uint8_t *next;
    uint32_t c;
    int i;

    if (string_buffer_init(r->ctx, b, plain + 48)
        || string_buffer_write8(b, p, plain))
        goto thrown;
    p += plain;
    for (;;) {
        while (!b->is_wide_char && r->end - p >= 8) {
            uint64_t w, special;
            if (b->size - b->len < 8 && string_buffer_realloc(b, b->len + 8, 0))
                goto thrown;
            w = json_load8(p);
            json_store8(str8(b->str) + b->len, w);
            special = json_not_plain8(w);
            if (special) {
                i = ctz64(special) >> 3;
                p += i;
                b->len += i;
                break;
            }
            p += 8;
            b->len += 8;
        }
        if (p >= r->end)
            goto fail;
        c = *p++;
        if (c == '"')
            break;
        if (c < 32)
            goto fail;
        if (c == '\\') {
            c = *p++;
            switch (c) {
            case 'b': c = '\b'; break;
            case 'f': c = '\f'; break;
            case 'n': c = '\n'; break;
            case 'r': c = '\r'; break;
            case 't': c = '\t'; break;
            case '"':
            case '\\':
            case '/':
                break;
            case 'u':
                c = 0;
                for (i = 0; i < 4; i++) {
                    int h = from_hex(*p++);
                    if (h < 0)
                        goto fail;
                    c = (c << 4) | h;
                }
                break;
            default:
                goto fail;
            }
        } else if (c >= 0x80) {
            c = utf8_decode(p - 1, &next);
            if (next == p)
                goto fail;
            p = next;
        }
        if (string_buffer_putc(b, c))
            goto thrown;
    }
    *pval = string_buffer_end(b);
    if (JS_IsException(*pval))
        return json_thrown(r);
    return p;
 fail:
    string_buffer_free(b);
    return NULL;
 thrown:
    string_buffer_free(b);
    return json_thrown(r);
}

/* Where the plain characters at `p` end. */
static inline const uint8_t *json_skip_plain(const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 8) {
        uint64_t special = json_not_plain8(json_load8(p));
        if (special)
            return p + (ctz64(special) >> 3);
        p += 8;
    }
    while (p < end && json_is_plain(*p))
        p++;
    return p;
}

/* `p` is behind the opening quote. */
static inline const uint8_t *json_read_string(JSONReader *r, const uint8_t *p, JSValue *pval)
{
    const uint8_t *q = json_skip_plain(p, r->end);
    uint32_t len = q - p;
    JSString *str;

    if (unlikely(*q != '"'))
        return json_read_string_slow(r, p, len, pval);
    str = js_alloc_string(r->ctx, len, 0);
    if (unlikely(!str))
        return json_thrown(r);
    json_copy(str8(str), p, len);
    str8(str)[len] = '\0';
    *pval = JS_MKPTR(JS_TAG_STRING, str);
    return q + 1;
}

/* The powers of ten that are doubles exactly. */
static const double json_powers_of_ten[] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static const uint8_t *json_read_number(JSONReader *r, const uint8_t *p, JSValue *pval)
{
    const uint8_t *start = p, *first;
    bool negative = *p == '-';
    uint64_t m = 0;
    int exponent = 0;

    p += negative;
    first = p;
    if (!is_digit(*p) || (*p == '0' && is_digit(p[1])))
        return NULL;
    do {
        m = m * 10 + (*p++ - '0');
    } while (is_digit(*p));
    if (*p != '.' && *p != 'e' && *p != 'E' && p - first < 10 && (m != 0 || !negative)) {
        /* below 10^9, so that it is an int32 with either sign */
        *pval = js_int32(negative ? -(int32_t)m : (int32_t)m);
        return p;
    }
    if (*p == '.') {
        const uint8_t *point = p++;
        if (!is_digit(*p))
            return NULL;
        do {
            m = m * 10 + (*p++ - '0');
        } while (is_digit(*p));
        exponent = point + 1 - p;
        first++; /* the point is no digit */
    }
    if (*p != 'e' && *p != 'E' && p - first <= 15 && exponent >= -22) {
        /* Both are doubles exactly, so that their quotient is rounded once, correctly. */
        double d = (double)m / json_powers_of_ten[-exponent];
        *pval = js_number(negative ? -d : d);
        return p;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-')
            p++;
        if (!is_digit(*p))
            return NULL;
        while (is_digit(*p))
            p++;
    }
    {
        JSATODTempMem mem;
        *pval = js_number(js_atod((const char *)start, NULL, 10, 0, &mem));
    }
    return p;
}
