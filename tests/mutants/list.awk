# Lists ways to break one statement: what each code line could be instead. What is no statement is
# left alone: comments, texts, the messages of check() and fail(), preprocessor lines,
# static_assert, the points at which ops are proved, and the < > * & of types, which clang-format
# writes without a space before them.
#   awk -v seed=1 -v count=300 [-v only=REGEX] -f list.awk equivalent.txt FILE...
# prints at most `count`, in the order that the seed draws: a line uniformly, then a change of it.
# With `only`, those of the matching "FILE:LINE" in the order of the lines.
# Columns, with tabs between: file, line, change, the line before, the line after, and "equivalent"
# where equivalent.txt says so. An entry there that fits no line is an error.

BEGIN {
  operators = split("+ -,- +,* /,/ *,% *,< <=,<= <,> >=,>= >,== !=,!= ==,&& ||,|| &&,& |,| &,^ |," \
                    "+= -=,-= +=,*= /=,/= *=,<< >>,>> <<,>>= <<=", operator, ",")
  names = split("true false,false true,min max,max min,break continue,continue break," \
                "front back,back front,begin end,floor ceil,ceil floor", name, ",")
}

# ---- The known equivalents: "FILE", "- before", "+ after" or "+ any change", and the proof ----

FILENAME ~ /equivalent\.txt$/ {
  if (/^- /) known_before = substr($0, 3)
  else if (/^\+ /) known_row[known_file, known_before, substr($0, 3)] = FNR
  else if (/^[a-z_\/]+\.(cpp|h)$/) known_file = $0
  next
}

# ---- Reading ----

FNR == 1 { in_cases = in_message = 0; returns_bool = 0; before = "" }
{
  code = visible($0)
  skip = in_cases || code ~ /grad_case\(/ ||
         code ~ /^ *(#|template|using|typedef|static_assert|namespace|enum|concept|\[\[)/
  if (code ~ /GradCase> [a-z_]*\(/ && code !~ /;$|\}$/) {
    in_cases = 1
    cases_end = "^" substr(code, 1, match(code, /[^ ]/) - 1) "}"
  }
  if (in_cases && code ~ cases_end) in_cases = 0
  if (code ~ /GradCase> [a-z_]*\(/) skip = 1
  if (code ~ /(^|[ (])bool [A-Za-z_:]+\(/ || code ~ /-> bool \{/) returns_bool = 1
  if (only && (FILENAME ":" FNR) !~ only) skip = 1
  if (!skip && code ~ /[^ @]/) change_line()
  if (code ~ /^ *\}/) returns_bool = 0
  if (code ~ /[^ @]/) {
    before = code
    sub(/[ @]+$/, "", before)
  }
}

# The line with @ in place of what no change may touch, so that columns stay as they are.
function visible(line,   out, i, c, quote, rest) {
  if (!in_message && line !~ /["'\/]|check\(|fail(_as)?\(|Error\(/) return line
  out = ""
  for (i = 1; i <= length(line); ++i) {
    c = substr(line, i, 1)
    if (c == "/" && substr(line, i + 1, 1) == "/") {
      while (length(out) < length(line)) out = out "@"
      break
    }
    if (c == "\"" || (c == "'" && substr(line, i - 1, 1) !~ /[0-9]/)) {
      quote = c
      do {
        if (c == "\\") { out = out "@"; ++i }
        out = out "@"
        c = substr(line, ++i, 1)
      } while (c != quote && i <= length(line))
      out = out "@"
      continue
    }
    rest = substr(line, i)
    if (!in_message && substr(line, i - 1, 1) !~ /[A-Za-z0-9_:]/ &&
        rest ~ /^(check|check_in|fail|Error)\(/) {
      in_message = 1
      depth = 0
      hidden = rest !~ /^check/
    }
    if (in_message) {
      if (c ~ /[([{]/) ++depth
      if (c ~ /[])}]/ && --depth == 0) in_message = 0
      if (c == "," && depth == 1) hidden = 1
    }
    out = out (in_message && hidden && depth > 0 ? "@" : c)
  }
  return out
}

# ---- The changes of a line ----

function change_line(   i, from, to, trimmed, indent, at, part, n) {
  split("", used)
  changes_here = 0
  indent = substr(code, 1, match(code, /[^ ]/) - 1)
  trimmed = substr(code, length(indent) + 1)
  sub(/ *@*$/, "", trimmed)

  for (i = 1; i <= operators; ++i) {
    split(operator[i], part, " ")
    everywhere(code " ", " " part[1] " ", " " part[2] " ", part[1] " -> " part[2])
  }
  everywhere(code, "++", "--", "++ -> --")
  everywhere(code, "--", "++", "-- -> ++")
  for (i = 1; i <= names; ++i) {
    split(name[i], part, " ")
    words(part[1], part[2])
  }
  constants()
  swaps()
  for (at = 1; at <= length(code); ++at)
    if (substr(code, at, 1) == "!" && substr(code, at + 1, 1) ~ /[a-z_A-Z(]/ &&
        (at == 1 || substr(code, at - 1, 1) ~ /[ (!]/))
      change(at, 1, "", "! dropped")

  # A condition, a returned bool, a check that always holds.
  if (match(trimmed, /^(if|while|\} else if) \(.*\) (\{|return.*;|continue;|break;)$/) ||
      match(trimmed, /^(if|while|\} else if) \([^()]*(\([^()]*\)[^()]*)*\)/)) {
    at = index(trimmed, "(")
    n = closing(trimmed, at)
    at += length(indent)
    n += length(indent) - at + 1
    if (n > 0) change(at, n, "(!" substr($0, at, n) ")", "condition negated")
  }
  if (returns_bool && match(code, /(^| )return [^;{]*;/) && code !~ /return (true|false);/) {
    at = index(code, "return ") + 7
    n = index(substr(code, at), ";") - 1
    change(at, n, "!(" substr($0, at, n) ")", "return negated")
  }
  if (trimmed ~ /^check\(/)
    change(length(indent) + 1, 6, "check(true || ", "check passes")

  # What begins a statement, and is no declaration, is never executed.
  if (indent != "" && before ~ /([;{}):]|else)$/ && is_statement(trimmed))
    change(length(indent) + 1, 0, "while (false) ", "deleted")

  if (changes_here) line_of[++lines] = FILENAME "\t" FNR
  line_changes[lines] = changes_here ? changes_here : line_changes[lines]
}

# An expression statement or the head of an `if`, `for` or `while`.
function is_statement(text,   inner) {
  if (text ~ /^(if|for|while) \(/) return 1
  if (text ~ /^(return|case|default|throw|public|private|protected|check\(|[A-Z][A-Za-z0-9]*\()/)
    return 0
  while (match(text, /\[[^][]*\]/))  # as in a[i + 1] = b
    text = substr(text, 1, RSTART - 1) substr(text, RSTART + RLENGTH)
  return text ~ /^(\+\+|--|\*)?[A-Za-z_(][^ ({,]*(\(|;$| [-+*\/%|&^]?= | <<= | >>= )/ &&
         text !~ /^[A-Za-z_:]+ *;$|^operator|^~/
}

function closing(text, at,   depth, i, c) {
  for (i = at; i <= length(text); ++i) {
    c = substr(text, i, 1)
    if (c == "(") ++depth
    if (c == ")" && --depth == 0) return i
  }
  return 0
}

function everywhere(text, from, to, what,   at, start) {
  for (start = 1; (at = index(substr(text, start), from)); start += at) {
    change(start + at - 1, length(from), to, what)
  }
}

function words(from, to,   at, start) {
  for (start = 1; (at = index(substr(code, start), from)); start += at)
    if (substr(code, start + at - 2, 1) !~ /[A-Za-z0-9_]/ &&
        substr(code, start + at - 1 + length(from), 1) !~ /[A-Za-z0-9_]/)
      change(start + at - 1, length(from), to, from " -> " to)
}

# 16 becomes 17, 0.5 becomes 1.5, and the index [1] becomes [0]; not what has an exponent or is
# hexadecimal.
function constants(   start, number, other, at, after) {
  for (start = 1; match(substr(code, start), /[0-9]+/); start = at + RLENGTH) {
    at = start + RSTART - 1
    number = substr(code, at, RLENGTH)
    after = substr(code, at + RLENGTH)
    other = substr(code, at - 1, 1) == "[" && after ~ /^\]/ && number > 0 ? number - 1 : number + 1
    if (substr(code, at - 1, 1) !~ /[A-Za-z0-9_.']/ && after !~ /^([A-Za-z_0-9']|\.[0-9]*e)/)
      change(at, RLENGTH, other, number " -> " other)
  }
}

# f(a, b) becomes f(b, a), also in braces; not where the order means nothing.
function swaps(   start, at, length_, text, part) {
  for (start = 1; match(substr(code, start),
           /([({]|, )[A-Za-z_][A-Za-z0-9_.]*, [A-Za-z_][A-Za-z0-9_.]*[,)}]/); start = at + 1) {
    at = start + RSTART
    length_ = RLENGTH - 2
    if (substr(code, at, 1) == " ") { ++at; --length_ }
    text = substr(code, at, length_)
    split(text, part, ", ")
    if (part[1] != part[2] && substr(code, 1, at - 1) !~ /(min|max)(<[a-z_0-9]+>)?\($/)
      change(at, length_, part[2] ", " part[1], text " -> " part[2] ", " part[1])
  }
}

# Keeps the change of `count` columns at `at`; what says so in `equivalent.txt` is marked.
function change(at, count, text, what,   after, key, trimmed_before, trimmed_after) {
  after = substr($0, 1, at - 1) text substr($0, at + count)
  sub(/ +$/, "", after)
  if (after == $0 || (after in used)) return
  used[after] = 1
  trimmed_before = $0
  trimmed_after = after
  sub(/^ +/, "", trimmed_before)
  sub(/^ +/, "", trimmed_after)
  key = FILENAME SUBSEP trimmed_before SUBSEP trimmed_after
  if (!(key in known_row)) key = FILENAME SUBSEP trimmed_before SUBSEP "any change"
  row[lines + 1, ++changes_here] = what "\t" $0 "\t" after (key in known_row ? "\tequivalent" : "")
  if (key in known_row) found[key] = 1
}

# ---- Drawing ----

# Park and Miller's generator: the same numbers in every awk.
function draw(below) {
  state = (state * 16807) % 2147483647
  return int(state / 2147483647 * below) + 1
}

END {
  for (key in known_row)
    if (!only && !(key in found)) {
      print "equivalent.txt:" known_row[key] ": no line has this mutant" >"/dev/stderr"
      stale = 1
    }
  if (stale) exit 2
  for (l = 1; only && l <= lines; ++l)
    for (c = 1; c <= line_changes[l]; ++c)
      if (++printed <= count) print line_of[l] "\t" row[l, c]
  if (only) exit

  state = (seed * 7919 + 271828) % 2147483646 + 1
  for (i = 0; i < 20; ++i) draw(1)
  for (tries = 0; printed < count && tries < 50 * count; ++tries) {
    l = draw(lines)
    c = draw(line_changes[l])
    if ((l, c) in drawn) continue
    drawn[l, c] = 1
    print line_of[l] "\t" row[l, c]
    ++printed
  }
}
