// Keys and their values, in the order of their first appearance.

using System.Text;

namespace Akka.Configuration.Hocon;

public sealed class HoconObject : IHoconElement
{
    public HoconObject()
        : this([])
    {
    }

    private HoconObject(Dictionary<string, HoconValue> items) => Items = items;

#pragma warning disable MA0016 // Akka.NET's signature.
    public Dictionary<string, HoconValue> Items { get; }
#pragma warning restore MA0016

    /// <summary>Objects as dictionaries, to any depth; every other value as its <see cref="HoconValue"/>.</summary>
    public IDictionary<string, object> Unwrapped => Items.ToDictionary(
        item => item.Key,
        item => item.Value.GetObject() is { } child ? (object)child.Unwrapped : item.Value);

    public bool IsString() => false;

    public string GetString() => throw new NotSupportedException("An object is not a string.");

    public bool IsArray() => false;

    public IList<HoconValue> GetArray() => throw new NotSupportedException("An object is not an array.");

    public HoconValue? GetKey(string key) => Items.GetValueOrDefault(key);

    public HoconValue GetOrCreateKey(string key)
    {
        if (!Items.TryGetValue(key, out var value))
        {
            Items.Add(key, value = new HoconValue());
        }

        return value;
    }

    /// <summary>Lays <paramref name="other"/> over this object.</summary>
    public void Merge(HoconObject other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var (key, over) in other.Items)
        {
            Items[key] = Items.GetValueOrDefault(key)?.GetObject() is { } under && over.GetObject() is { } above
                ? HoconValue.Of(under.OverlaidBy(above))
                : over;
        }
    }

    /// <summary>A new object: this one with <paramref name="other"/> laid over it; both stay as they are.</summary>
    internal HoconObject OverlaidBy(HoconObject other)
    {
        var merged = new HoconObject(new Dictionary<string, HoconValue>(Items));
        merged.Merge(other);
        return merged;
    }

    public override string ToString() => ToString(0);

    public string ToString(int indent)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in Items)
        {
            text.Append(' ', indent * 2).Append(HoconText.Key(key)).Append(" : ")
                .Append(value.ToString(indent)).Append("\r\n");
        }

        return text.ToString();
    }
}
