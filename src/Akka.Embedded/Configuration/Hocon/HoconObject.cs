// Keys and their values, in the order of their first appearance.

using System.Text;

namespace Akka.Configuration.Hocon;

public sealed class HoconObject : IHoconElement
{
#pragma warning disable MA0016 // Akka.NET's signature.
    public Dictionary<string, HoconValue> Items { get; private init; } = [];
#pragma warning restore MA0016

    public HoconValue? GetKey(string key) => Items.GetValueOrDefault(key);

    public HoconValue GetOrCreateKey(string key)
    {
        if (!Items.TryGetValue(key, out var value))
        {
            Items.Add(key, value = new HoconValue());
        }

        return value;
    }

    /// <summary>A new object: this one with <paramref name="other"/> laid over it; both stay as they are.</summary>
    internal HoconObject OverlaidBy(HoconObject other)
    {
        var merged = new Dictionary<string, HoconValue>(Items);
        foreach (var (key, over) in other.Items)
        {
            merged[key] = merged.GetValueOrDefault(key)?.GetObject() is { } under && over.GetObject() is { } above
                ? HoconValue.Of(under.OverlaidBy(above))
                : over;
        }

        return new HoconObject { Items = merged };
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
