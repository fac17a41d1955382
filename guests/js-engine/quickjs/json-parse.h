/* JSON.parse without a reviver, for texts that are as most are.

   It reads values straight from the text, without tokens. An object is expected to have the keys
   of the last object at the same place in the text, in the same order: then its keys are only
   compared, and the object is made at once with the shape of that other one. Whatever else there
   is in a text that is JSON is read here as well, only not as fast.

   A text that is no JSON, or nested too deep, is read again by the ordinary reader, which has the
   messages and positions. Nothing of the program runs meanwhile, so that it does not see this. */

typedef struct JSONReader {
    JSContext *ctx;
    const uint8_t *end;
    /* The values of arrays and objects that are still open, and objects whose keys were not as
       expected. Freed when reading fails. */
    JSValue *stack;
    uint32_t stack_len;
    uint32_t stack_size;
    /* Reading failed because of an exception, not because of the text. */
    bool thrown;
} JSONReader;

/* A shape that is expected has at most this many properties. */
#define JSON_EXPECTED_PROPERTIES_MAX 64

/* Every reading function returns where it stopped, or NULL. */
static const uint8_t *json_read_value(JSONReader *r, const uint8_t *p, JSValue *pval,
                                      int depth, uint32_t place);

static const uint8_t *json_thrown(JSONReader *r)
{
    r->thrown = true;
    return NULL;
}

static inline const uint8_t *json_skip_space(const uint8_t *p)
{
    while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
        p++;
    return p;
}

static no_inline int json_grow_stack(JSONReader *r)
{
    uint32_t size = r->stack_size < 32 ? 32 : r->stack_size + r->stack_size / 2;
    JSValue *stack = js_realloc(r->ctx, r->stack, size * sizeof(*stack));
    if (!stack)
        return -1;
    r->stack = stack;
    r->stack_size = size;
    return 0;
}

/* Takes the value, also when it fails. */
static inline int json_push(JSONReader *r, JSValue val)
{
    if (unlikely(r->stack_len == r->stack_size) && json_grow_stack(r)) {
        JS_FreeValue(r->ctx, val);
        return -1;
    }
    r->stack[r->stack_len++] = val;
    return 0;
}

#include "json-scalars.h"

static const uint8_t *json_read_array(JSONReader *r, const uint8_t *p, JSValue *pval,
                                      int depth, uint32_t place)
{
    JSContext *ctx = r->ctx;
    uint32_t base = r->stack_len, count;
    JSValue val;
    JSObject *array;

    p = json_skip_space(p);
    if (*p == ']') {
        p++;
    } else {
        for (;;) {
            p = json_read_value(r, p, &val, depth, place * 7 + 1);
            if (!p)
                return NULL;
            if (json_push(r, val))
                return json_thrown(r);
            p = json_skip_space(p);
            if (*p == ',') {
                p = json_skip_space(p + 1);
            } else if (*p == ']') {
                p++;
                break;
            } else {
                return NULL;
            }
        }
    }
    val = JS_NewArray(ctx);
    if (JS_IsException(val))
        return json_thrown(r);
    count = r->stack_len - base;
    if (count > 0) {
        array = JS_VALUE_GET_OBJ(val);
        if (expand_fast_array(ctx, array, count)) {
            JS_FreeValue(ctx, val);
            return json_thrown(r);
        }
        memcpy(array->u.array.u.values, r->stack + base, count * sizeof(JSValue));
        array->u.array.count = count;
        array->prop[0].u.value = js_int32(count);
        r->stack_len = base;
    }
    *pval = val;
    return p;
}

/* Whether a text with these keys, compared byte by byte, has no escapes in them. */
static bool json_can_expect(JSContext *ctx, JSShape *sh)
{
    int i, k;

    if (!sh->is_hashed || sh->deleted_prop_count != 0
        || sh->prop_count > JSON_EXPECTED_PROPERTIES_MAX)
        return false;
    for (i = 0; i < sh->prop_count; i++) {
        JSAtom atom = sh->prop[i].atom;
        JSAtomStruct *key;
        if (__JS_AtomIsTaggedInt(atom))
            return false;
        key = ctx->rt->atom_array[atom];
        if (key->atom_type != JS_ATOM_TYPE_STRING || key->is_wide_char)
            return false;
        for (k = 0; k < key->len; k++) {
            if (!json_is_plain(str8(key)[k]))
                return false;
        }
    }
    return true;
}

/* The context's reference keeps the shape as it is: shapes that are shared are never changed. */
static void json_expect(JSContext *ctx, uint32_t place, JSShape *sh)
{
    JSShape **expected = &ctx->json_expected[place % JSON_EXPECTED_SHAPES];
    if (*expected != sh && json_can_expect(ctx, sh)) {
        js_free_shape_null(ctx->rt, *expected);
        *expected = js_dup_shape(sh);
    }
}

/* A new property, or a new value of one that is there. Takes the value. */
static int json_set_own(JSContext *ctx, JSObject *p, JSAtom atom, JSValue val)
{
    JSProperty *pr;

    if (find_own_property(&pr, p, atom)) {
        set_value(ctx, &pr->u.value, val);
        return 0;
    }
    pr = add_property(ctx, p, atom, JS_PROP_C_W_E);
    if (!pr) {
        JS_FreeValue(ctx, val);
        return -1;
    }
    pr->u.value = val;
    return 0;
}

static JSAtom json_read_key(JSONReader *r, const uint8_t **pp)
{
    JSContext *ctx = r->ctx;
    const uint8_t *p = *pp, *q;
    JSValue str;
    JSAtom atom;

    q = json_skip_plain(p, r->end);
    if (likely(*q == '"')) {
        atom = JS_NewAtomLen(ctx, (const char *)p, q - p);
        q++;
    } else {
        q = json_read_string_slow(r, p, q - p, &str);
        if (!q)
            return JS_ATOM_NULL;
        atom = JS_ValueToAtom(ctx, str);
        JS_FreeValue(ctx, str);
    }
    if (atom == JS_ATOM_NULL) {
        if (!JS_HasException(ctx))
            JS_ThrowOutOfMemory(ctx);
        json_thrown(r);
    }
    *pp = q;
    return atom;
}

/* The rest of an object that is not as expected: its first `count` values lie on the stack, their
   keys are the first of `sh`, and `p` is at the quote of the next key, or behind the object if it
   is `closed`. */
static no_inline const uint8_t *json_read_object_slow(JSONReader *r, const uint8_t *p, JSValue *pval,
                                                      int depth, uint32_t place,
                                                      JSShape *sh, uint32_t count, bool closed)
{
    JSContext *ctx = r->ctx;
    uint32_t i, base = r->stack_len - count;
    JSObject *obj;
    JSProperty *pr;
    JSAtom atom;
    JSValue val = JS_NewObject(ctx);

    if (JS_IsException(val))
        return json_thrown(r);
    obj = JS_VALUE_GET_OBJ(val);
    for (i = 0; i < count; i++) {
        pr = add_property(ctx, obj, sh->prop[i].atom, JS_PROP_C_W_E);
        if (!pr) {
            JS_FreeValue(ctx, val);
            return json_thrown(r);
        }
        pr->u.value = r->stack[base + i];
        r->stack[base + i] = JS_UNDEFINED;
    }
    r->stack_len = base;
    if (json_push(r, val))
        return json_thrown(r);
    while (!closed) {
        if (*p++ != '"')
            return NULL;
        atom = json_read_key(r, &p);
        if (atom == JS_ATOM_NULL)
            return NULL;
        p = json_skip_space(p);
        if (*p != ':') {
            JS_FreeAtom(ctx, atom);
            return NULL;
        }
        p = json_read_value(r, json_skip_space(p + 1), &val, depth, place * 7 + 2 + count++);
        if (!p) {
            JS_FreeAtom(ctx, atom);
            return NULL;
        }
        if (json_set_own(ctx, obj, atom, val)) {
            JS_FreeAtom(ctx, atom);
            return json_thrown(r);
        }
        JS_FreeAtom(ctx, atom);
        p = json_skip_space(p);
        if (*p == ',') {
            p = json_skip_space(p + 1);
        } else if (*p == '}') {
            p++;
            closed = true;
        } else {
            return NULL;
        }
    }
    json_expect(ctx, place, obj->shape);
    *pval = r->stack[--r->stack_len];
    return p;
}

/* Reads an object that has the keys of `sh`. */
static const uint8_t *json_read_expected(JSONReader *r, const uint8_t *p, JSValue *pval,
                                         int depth, uint32_t place, JSShape *sh)
{
    JSContext *ctx = r->ctx;
    JSAtomStruct **atoms = ctx->rt->atom_array;
    uint32_t count = 0;
    JSValue val;

    for (;;) {
        JSAtomStruct *key;
        if (count == sh->prop_count)
            return json_read_object_slow(r, p, pval, depth, place, sh, count, false);
        key = atoms[sh->prop[count].atom];
        if (*p != '"' || r->end - p < key->len + 2 || p[key->len + 1] != '"'
            || !json_equal(p + 1, str8(key), key->len))
            return json_read_object_slow(r, p, pval, depth, place, sh, count, false);
        p = json_skip_space(p + key->len + 2);
        if (*p != ':')
            return NULL;
        p = json_read_value(r, json_skip_space(p + 1), &val, depth, place * 7 + 2 + count);
        if (!p)
            return NULL;
        /* reading may have made new atoms */
        atoms = ctx->rt->atom_array;
        if (json_push(r, val))
            return json_thrown(r);
        count++;
        p = json_skip_space(p);
        if (*p == ',') {
            p = json_skip_space(p + 1);
        } else if (*p == '}') {
            p++;
            break;
        } else {
            return NULL;
        }
    }
    if (count < sh->prop_count)
        return json_read_object_slow(r, p, pval, depth, place, sh, count, true);
    r->stack_len -= count;
    val = JS_NewObjectFromShape(ctx, js_dup_shape(sh), JS_CLASS_OBJECT,
                                (JSProperty *)(r->stack + r->stack_len));
    if (JS_IsException(val))
        return json_thrown(r);
    *pval = val;
    return p;
}

static const uint8_t *json_read_object(JSONReader *r, const uint8_t *p, JSValue *pval,
                                       int depth, uint32_t place)
{
    JSContext *ctx = r->ctx;
    JSShape *sh;

    p = json_skip_space(p);
    if (*p == '}') {
        *pval = JS_NewObject(ctx);
        return JS_IsException(*pval) ? json_thrown(r) : p + 1;
    }
    sh = ctx->json_expected[place % JSON_EXPECTED_SHAPES];
    if (!sh)
        return json_read_object_slow(r, p, pval, depth, place, NULL, 0, false);
    /* Another object, also one inside, may be expected here before this one is read. */
    js_dup_shape(sh);
    p = json_read_expected(r, p, pval, depth, place, sh);
    js_free_shape(ctx->rt, sh);
    return p;
}

static const uint8_t *json_read_value(JSONReader *r, const uint8_t *p, JSValue *pval,
                                      int depth, uint32_t place)
{
    switch (*p) {
    case '"':
        return json_read_string(r, p + 1, pval);
    case '{':
        return depth < JSON_DEPTH_MAX ? json_read_object(r, p + 1, pval, depth + 1, place) : NULL;
    case '[':
        return depth < JSON_DEPTH_MAX ? json_read_array(r, p + 1, pval, depth + 1, place) : NULL;
    case 't':
        *pval = JS_TRUE;
        return r->end - p >= 4 && json_equal(p, (const uint8_t *)"true", 4) ? p + 4 : NULL;
    case 'f':
        *pval = JS_FALSE;
        return r->end - p >= 5 && json_equal(p, (const uint8_t *)"false", 5) ? p + 5 : NULL;
    case 'n':
        *pval = JS_NULL;
        return r->end - p >= 4 && json_equal(p, (const uint8_t *)"null", 4) ? p + 4 : NULL;
    default:
        return json_read_number(r, p, pval);
    }
}

/* Whether `text`, which is followed by a NUL, was read, or an exception thrown: `*pval` then. */
static bool json_read(JSContext *ctx, const char *text, size_t len, JSValue *pval)
{
    JSONReader reader = { .ctx = ctx, .end = (const uint8_t *)text + len }, *r = &reader;
    const uint8_t *p;

    /* there is room for these calls and those that they make, or the ordinary way finds out */
    if (js_check_stack_overflow(ctx->rt, JSON_DEPTH_MAX * 256))
        return false;
    p = json_read_value(r, json_skip_space((const uint8_t *)text), pval, 0, 0);
    if (p && json_skip_space(p) != r->end) {
        JS_FreeValue(ctx, *pval);
        p = NULL;
    }
    while (r->stack_len > 0)
        JS_FreeValue(ctx, r->stack[--r->stack_len]);
    js_free(ctx, r->stack);
    if (r->thrown)
        *pval = JS_EXCEPTION;
    return p != NULL || r->thrown;
}
