/* JSON.stringify without a replacer, of data that runs nothing of the program when it is read:
   plain objects and arrays of strings, numbers, booleans and null, with no `toJSON` in reach.

   It walks the properties where they lie. Whatever is not like this (proxies, getters, holes,
   other classes, keys that are array indices, cycles, too much depth) is left to the ordinary way
   (`JSON_UNUSUAL`), which begins anew with that value: nothing has run that could notice. */

typedef enum {
    JSON_WRITTEN,
    JSON_UNUSUAL,
    JSON_THROWN,
} JSONWritten;

/* The objects that are being written. */
typedef struct JSONParent {
    const struct JSONParent *parent;
    const JSObject *object;
} JSONParent;

typedef struct JSONWriter {
    JSContext *ctx;
    StringBuffer *b;
    /* what indents, or NULL */
    JSString *gap;
    /* the last prototypes of an object and of an array that had no `toJSON` in reach */
    const JSObject *object_proto, *array_proto;
} JSONWriter;

/* Makes room for that many narrow characters. */
static inline int json_reserve(StringBuffer *b, uint32_t len)
{
    if (likely(b->size - b->len >= (int)len))
        return 0;
    /* doubled, since what it is for is often long */
    if (len > JS_STRING_LEN_MAX - (uint32_t)b->len)
        return string_buffer_realloc(b, JS_STRING_LEN_MAX + 1, 0);
    return string_buffer_realloc(b, min_int(max_int(b->len + len, 2 * b->len), JS_STRING_LEN_MAX), 0);
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

static int json_put_line(JSONWriter *w, int depth)
{
    if (string_buffer_putc8(w->b, '\n'))
        return -1;
    while (depth-- > 0) {
        if (string_buffer_concat(w->b, w->gap, 0, w->gap->len))
            return -1;
    }
    return 0;
}

/* Whether no object of the chain has a `toJSON`, and looking runs nothing. */
static bool json_is_plain_chain(const JSObject *proto)
{
    for (; proto; proto = proto->shape->proto) {
        if (proto->is_exotic && proto->class_id != JS_CLASS_ARRAY)
            return false;
        if (find_own_property1((JSObject *)proto, JS_ATOM_toJSON))
            return false;
    }
    return true;
}

static inline bool json_is_plain_proto(const JSObject **known, const JSObject *proto)
{
    if (likely(proto == *known))
        return true;
    if (!json_is_plain_chain(proto))
        return false;
    *known = proto;
    return true;
}

static JSONWritten json_write(JSONWriter *w, JSValueConst val, const JSONParent *parent, int depth);

/* Whether `JSON.stringify` leaves the value out, or writes `null` in an array. */
static inline bool json_is_left_out(JSValueConst val)
{
    int tag = JS_VALUE_GET_TAG(val);
    return tag == JS_TAG_UNDEFINED || tag == JS_TAG_SYMBOL;
}

static JSONWritten json_write_array(JSONWriter *w, JSObject *p, const JSONParent *parent, int depth)
{
    JSONParent here = { parent, p };
    uint32_t i, count = p->u.array.count;
    JSValue length;
    JSONWritten ret;

    if (!p->fast_array || p->shape->prop_count != 1
        || !json_is_plain_proto(&w->array_proto, p->shape->proto))
        return JSON_UNUSUAL;
    length = p->prop[0].u.value;
    if (JS_VALUE_GET_TAG(length) != JS_TAG_INT || JS_VALUE_GET_INT(length) != count)
        return JSON_UNUSUAL;
    if (json_put_char(w->b, '['))
        return JSON_THROWN;
    for (i = 0; i < count; i++) {
        JSValueConst val = p->u.array.u.values[i];
        if (i > 0 && json_put_char(w->b, ','))
            return JSON_THROWN;
        if (w->gap && json_put_line(w, depth))
            return JSON_THROWN;
        ret = json_write(w, json_is_left_out(val) ? JS_NULL : val, &here, depth);
        if (ret != JSON_WRITTEN)
            return ret;
    }
    if (count > 0 && w->gap && json_put_line(w, depth - 1))
        return JSON_THROWN;
    return json_put_char(w->b, ']') ? JSON_THROWN : JSON_WRITTEN;
}

static JSONWritten json_write_object(JSONWriter *w, JSObject *p, const JSONParent *parent, int depth)
{
    JSONParent here = { parent, p };
    JSContext *ctx = w->ctx;
    StringBuffer *b = w->b;
    JSShape *sh = p->shape;
    bool first = true;
    uint32_t index;
    int i;
    JSONWritten ret;

    if (p->is_exotic || !json_is_plain_proto(&w->object_proto, sh->proto))
        return JSON_UNUSUAL;
    if (json_put_char(b, '{'))
        return JSON_THROWN;
    for (i = 0; i < sh->prop_count; i++) {
        const JSShapeProperty *prs = &sh->prop[i];
        JSAtomStruct *key;
        JSValueConst val;

        if (prs->atom == JS_ATOM_NULL)
            continue;
        /* keys that are integers come first, wherever they lie */
        if (__JS_AtomIsTaggedInt(prs->atom) || prs->atom == JS_ATOM_toJSON)
            return JSON_UNUSUAL;
        key = ctx->rt->atom_array[prs->atom];
        if (key->atom_type != JS_ATOM_TYPE_STRING || !(prs->flags & JS_PROP_ENUMERABLE))
            continue;
        if (prs->flags & JS_PROP_TMASK)
            return JSON_UNUSUAL;
        if (key->len > 0 && is_digit(string_get(key, 0))
            && JS_AtomIsArrayIndex(ctx, &index, prs->atom))
            return JSON_UNUSUAL;
        val = p->prop[i].u.value;
        if (json_is_left_out(val))
            continue;
        if (!first && json_put_char(b, ','))
            return JSON_THROWN;
        if (w->gap && json_put_line(w, depth))
            return JSON_THROWN;
        if (json_put_quoted(ctx, b, key) || json_put(b, ": ", w->gap ? 2 : 1))
            return JSON_THROWN;
        ret = json_write(w, val, &here, depth);
        if (ret != JSON_WRITTEN)
            return ret;
        first = false;
    }
    if (!first && w->gap && json_put_line(w, depth - 1))
        return JSON_THROWN;
    return json_put_char(b, '}') ? JSON_THROWN : JSON_WRITTEN;
}

static JSONWritten json_write(JSONWriter *w, JSValueConst val, const JSONParent *parent, int depth)
{
    const JSONParent *at;
    JSObject *p;
    int failed;

    switch (JS_VALUE_GET_NORM_TAG(val)) {
    case JS_TAG_OBJECT:
        p = JS_VALUE_GET_OBJ(val);
        if (depth >= JSON_DEPTH_MAX)
            return JSON_UNUSUAL;
        for (at = parent; at; at = at->parent) {
            if (at->object == p)
                return JSON_UNUSUAL;
        }
        switch (p->class_id) {
        case JS_CLASS_OBJECT:
            return json_write_object(w, p, parent, depth + 1);
        case JS_CLASS_ARRAY:
            return json_write_array(w, p, parent, depth + 1);
        default:
            return JSON_UNUSUAL;
        }
    case JS_TAG_STRING:
        failed = json_put_quoted(w->ctx, w->b, JS_VALUE_GET_STRING(val));
        break;
    case JS_TAG_STRING_ROPE:
        failed = json_put_quoted_slow(w->ctx, w->b, val);
        break;
    case JS_TAG_INT:
        failed = json_put_int(w->b, JS_VALUE_GET_INT(val));
        break;
    case JS_TAG_FLOAT64:
        failed = json_put_double(w->b, JS_VALUE_GET_FLOAT64(val));
        break;
    case JS_TAG_BOOL:
        failed = JS_VALUE_GET_BOOL(val) ? json_put(w->b, "true", 4) : json_put(w->b, "false", 5);
        break;
    case JS_TAG_NULL:
        failed = json_put(w->b, "null", 4);
        break;
    default:
        return JSON_UNUSUAL;
    }
    return failed ? JSON_THROWN : JSON_WRITTEN;
}

/* Appends the JSON of `val`, or leaves the text as it was; `*pleft` then says how much was written
   in vain. */
static JSONWritten json_try_write(JSContext *ctx, StringBuffer *b, JSValueConst val,
                                  JSString *gap, uint32_t *pleft)
{
    JSONWriter w = { .ctx = ctx, .b = b, .gap = gap && gap->len > 0 ? gap : NULL };
    int start = b->len;
    JSONWritten ret;

    /* there is room for these calls and those that they make, or the ordinary way finds out */
    if (js_check_stack_overflow(ctx->rt, JSON_DEPTH_MAX * 256))
        return JSON_UNUSUAL;
    ret = json_write(&w, val, NULL, 0);
    if (ret == JSON_UNUSUAL) {
        *pleft += b->len - start;
        b->len = start;
    }
    return ret;
}
