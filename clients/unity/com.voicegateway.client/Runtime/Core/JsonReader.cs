using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace VoiceGateway
{
    /// <summary>
    /// JSON to JsonObject, List of object, string, double, bool and null. Unity's JsonUtility knows no dictionaries,
    /// and a package of its own for it would be one more to install.
    /// </summary>
    public sealed class JsonReader
    {
        const int Deepest = 64;

        readonly string _text;
        int _at;
        int _depth;

        JsonReader(string text) { _text = text; }

        /// <exception cref="FormatException">It is not JSON.</exception>
        public static object Read(string text)
        {
            var reader = new JsonReader(text);
            object value = reader.Value();
            reader.Blank();
            if (reader._at != text.Length) throw reader.Wrong();
            return value;
        }

        object Value()
        {
            Blank();
            switch (Peek())
            {
                case '{': return Nested(Object);
                case '[': return Nested(List);
                case '"': return String();
                case 't': return Word("true", true);
                case 'f': return Word("false", false);
                case 'n': return Word("null", null);
                default: return Number();
            }
        }

        object Nested(Func<object> read)
        {
            if (++_depth > Deepest) throw Wrong();
            _at++;
            object value = read();
            _depth--;
            return value;
        }

        object Object()
        {
            var result = new JsonObject();
            if (Ends('}')) return result;
            do
            {
                Blank();
                string name = String();
                Blank();
                Expect(':');
                result[name] = Value();
            }
            while (Goes(on: ',', until: '}'));
            return result;
        }

        object List()
        {
            var result = new List<object>();
            if (Ends(']')) return result;
            do result.Add(Value());
            while (Goes(on: ',', until: ']'));
            return result;
        }

        bool Ends(char with)
        {
            Blank();
            if (Peek() != with) return false;
            _at++;
            return true;
        }

        bool Goes(char on, char until)
        {
            if (Ends(until)) return false;
            Expect(on);
            return true;
        }

        string String()
        {
            Expect('"');
            var result = new StringBuilder();
            while (Peek() != '"')
            {
                char next = _text[_at++];
                if (next < ' ') throw Wrong();
                result.Append(next == '\\' ? Escaped() : next);
            }
            _at++;
            return result.ToString();
        }

        char Escaped()
        {
            char kind = Peek();
            _at++;
            switch (kind)
            {
                case '"': case '\\': case '/': return kind;
                case 'b': return '\b';
                case 'f': return '\f';
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case 'u': return CodeUnit();
                default: throw Wrong();
            }
        }

        char CodeUnit()
        {
            ushort unit;
            if (_at + 4 > _text.Length || !ushort.TryParse(_text.Substring(_at, 4), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out unit)) throw Wrong();
            _at += 4;
            return (char)unit;
        }

        object Number()
        {
            int from = _at;
            while (_at < _text.Length && "+-.0123456789Ee".IndexOf(_text[_at]) >= 0) _at++;
            double value;
            if (!double.TryParse(_text.Substring(from, _at - from), NumberStyles.Float, CultureInfo.InvariantCulture, out value))
                throw Wrong();
            return value;
        }

        object Word(string word, object value)
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0) throw Wrong();
            _at += word.Length;
            return value;
        }

        void Blank()
        {
            while (_at < _text.Length && " \t\r\n".IndexOf(_text[_at]) >= 0) _at++;
        }

        void Expect(char character)
        {
            if (Peek() != character) throw Wrong();
            _at++;
        }

        char Peek()
        {
            if (_at >= _text.Length) throw Wrong();
            return _text[_at];
        }

        FormatException Wrong() { return new FormatException("Not JSON, at character " + _at); }
    }
}
