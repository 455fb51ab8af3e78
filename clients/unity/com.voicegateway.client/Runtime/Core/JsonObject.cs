using System.Collections.Generic;

namespace VoiceGateway
{
    /// <summary>A message, or an object in one. What is missing reads as null, 0 or false.</summary>
    public sealed class JsonObject : Dictionary<string, object>
    {
        public JsonObject() { }

        public JsonObject(IDictionary<string, object> other) : base(other) { }

        public string Type { get { return String("type"); } }

        public bool Has(string name)
        {
            object value;
            return TryGetValue(name, out value) && value != null;
        }

        public string String(string name) { return Get(name) as string; }

        public double Number(string name)
        {
            object value = Get(name);
            return value == null ? 0 : System.Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture);
        }

        public bool Flag(string name) { return Get(name) as bool? ?? false; }

        public JsonObject Object(string name) { return Get(name) as JsonObject; }

        public IList<object> List(string name) { return Get(name) as IList<object> ?? new object[0]; }

        /// <summary>This object with another's fields in place of its own.</summary>
        public JsonObject With(IEnumerable<KeyValuePair<string, object>> fields)
        {
            var result = new JsonObject(this);
            if (fields == null) return result;
            foreach (var field in fields) result[field.Key] = field.Value;
            return result;
        }

        /// <summary>The same, objects within objects merged too.</summary>
        public JsonObject Merged(JsonObject over)
        {
            var result = new JsonObject(this);
            if (over == null) return result;
            foreach (var field in over)
            {
                var below = Object(field.Key);
                var above = field.Value as JsonObject;
                result[field.Key] = below == null || above == null ? field.Value : below.Merged(above);
            }
            return result;
        }

        object Get(string name)
        {
            object value;
            return TryGetValue(name, out value) ? value : null;
        }
    }
}
