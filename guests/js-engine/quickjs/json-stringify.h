/* JSON.stringify without a replacer, of data that runs nothing of the program when it is read:
   plain objects and arrays of strings, numbers, booleans and null, with no `toJSON` in reach.

   It walks the properties where they lie. Whatever is not like this (proxies, getters, holes,
   other classes, keys that are array indices, cycles, too much depth) is left to the ordinary way
   (`JSON_UNUSUAL`), which begins anew with that value: nothing has run that could notice. */

#include "json-put.h"

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
