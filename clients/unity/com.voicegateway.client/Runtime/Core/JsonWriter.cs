using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace VoiceGateway
{
    /// <summary>Dictionaries with string keys, lists, strings, numbers, bool and null to JSON.</summary>
    public static class JsonWriter
    {
        /// <exception cref="ArgumentException">A value is of another type.</exception>
        public static string Write(object value)
        {
            var json = new StringBuilder();
            Append(json, value);
            return json.ToString();
        }

        static void Append(StringBuilder json, object value)
        {
            if (value == null) json.Append("null");
            else if (value is string) AppendString(json, (string)value);
            else if (value is bool) json.Append((bool)value ? "true" : "false");
            else if (value is IDictionary<string, object>) AppendObject(json, (IDictionary<string, object>)value);
            else if (value is IEnumerable) AppendList(json, (IEnumerable)value);
            else if (value is double || value is float) json.Append(((IFormattable)value).ToString("R", CultureInfo.InvariantCulture));
            else if (value is int || value is uint || value is long || value is short || value is ushort || value is byte)
                json.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
            else throw new ArgumentException("No JSON is made of " + value.GetType());
        }

        static void AppendObject(StringBuilder json, IDictionary<string, object> fields)
        {
            string before = "{";
            foreach (var field in fields)
            {
                json.Append(before);
                AppendString(json, field.Key);
                json.Append(':');
                Append(json, field.Value);
                before = ",";
            }
            json.Append(fields.Count == 0 ? "{}" : "}");
        }

        static void AppendList(StringBuilder json, IEnumerable values)
        {
            json.Append('[');
            string before = "";
            foreach (object value in values)
            {
                json.Append(before);
                Append(json, value);
                before = ",";
            }
            json.Append(']');
        }

        static void AppendString(StringBuilder json, string text)
        {
            json.Append('"');
            for (int i = 0; i < text.Length; i++)
            {
                char each = text[i];
                if (each == '"' || each == '\\') json.Append('\\').Append(each);
                else if (each < ' ') json.Append("\\u").Append(((int)each).ToString("x4", CultureInfo.InvariantCulture));
                else json.Append(IsHalf(text, i) ? '?' : each);
            }
            json.Append('"');
        }

        /// <summary>Half a character cannot be sent as UTF-8.</summary>
        static bool IsHalf(string text, int at)
        {
            if (char.IsHighSurrogate(text[at])) return at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]);
            return char.IsLowSurrogate(text[at]) && (at == 0 || !char.IsHighSurrogate(text[at - 1]));
        }
    }
}
