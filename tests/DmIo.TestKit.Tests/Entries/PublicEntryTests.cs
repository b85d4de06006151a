using System.Reflection;
using DmIo.Actors.Protocol;
using DmIo.Devices;
using Xunit;
using Xunit.Abstractions;

namespace DmIo.TestKit.Tests.Entries;

/// <summary>
/// Every public constructor and method of the public assemblies, found by reflection, with invalid values: it works as
/// documented, or throws an exception that names the parameter.
/// </summary>
public sealed class PublicEntryTests(ITestOutputHelper output)
{
    private static readonly NullabilityInfoContext Nullability = new();

    [Fact]
    public async Task Null_is_refused_with_the_name_of_the_parameter()
    {
        await using var factory = await ValueFactory.NewAsync();
        var faults = new List<string>();
        var calls = 0;
        foreach (var entry in PublicEntry.All)
        {
            foreach (var parameter in entry.Method.GetParameters().Where(MayNotBeNull))
            {
                if (Exclusions.FromNull(entry, parameter))
                {
                    continue;
                }

                calls++;
                var fault = await CallAsync(factory, entry, parameter, null);
                if (!(fault is ArgumentException { ParamName: { } named } && named == parameter.Name)
                    && fault is not IoRefusedException)
                {
                    faults.Add($"{entry}, {parameter.Name} is null: {fault?.GetType().Name}: {fault?.Message}");
                }
            }
        }

        output.WriteLine($"{PublicEntry.All.Count} entries, {calls} calls");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(await factory.StillWorkAsync());
    }

    [Fact]
    public async Task Extreme_numbers_are_refused_or_handled()
    {
        await using var factory = await ValueFactory.NewAsync();
        var faults = new List<string>();
        var calls = 0;
        foreach (var entry in PublicEntry.All.Where(one => !Exclusions.FromNumbers(one)))
        {
            foreach (var parameter in entry.Method.GetParameters())
            {
                foreach (var value in HostileNumbers.Of(parameter.ParameterType))
                {
                    calls++;
                    var fault = await CallAsync(factory, entry, parameter, value);
                    if (!IsExpected(entry, fault) && !Exclusions.LacksMemory(entry, fault))
                    {
                        faults.Add($"{entry}, {parameter.Name} is {value}: {fault!.GetType().Name}: {fault.Message}");
                    }
                }
            }
        }

        output.WriteLine($"{PublicEntry.All.Count} entries, {calls} calls");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(await factory.StillWorkAsync());
    }

    [Fact]
    public async Task Extreme_options_are_refused_or_handled()
    {
        await using var factory = await ValueFactory.NewAsync();
        var faults = new List<string>();
        var calls = 0;
        foreach (var (entry, parameter, property, value) in HostileOptions.All)
        {
            if (Exclusions.FromOptions(entry, parameter.ParameterType))
            {
                continue;
            }

            calls++;
            var options = HostileOptions.With(factory.Value(parameter.ParameterType)!, property, value);
            var fault = await CallAsync(factory, entry, parameter, options);
            if (!IsExpected(entry, fault))
            {
                faults.Add($"{entry}, {property.Name} is {value}: {fault!.GetType().Name}: {fault.Message}");
            }
        }

        output.WriteLine($"{PublicEntry.All.Count} entries, {calls} calls");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(await factory.StillWorkAsync());
    }

    private static bool IsExpected(PublicEntry entry, Exception? fault) => fault switch
    {
        null or IoRefusedException or DeviceOpenException => true,
        ArgumentException named => Array.Exists(entry.Method.GetParameters(), one => one.Name == named.ParamName),
        _ => false,
    };

    /// <summary>Calls with valid values for all other parameters.</summary>
    private static Task<Exception?> CallAsync(
        ValueFactory factory, PublicEntry entry, ParameterInfo parameter, object? value)
    {
        var method = entry.Method;
        object?[] arguments =
            [.. method.GetParameters().Select(one => one.IsOut ? null : factory.Value(one.ParameterType))];
        arguments[parameter.Position] = value;
        return entry.CallAsync(
            method.IsStatic || method.IsConstructor ? null : factory.Value(method.DeclaringType!), arguments);
    }

    private static bool MayNotBeNull(ParameterInfo parameter) =>
        !parameter.ParameterType.IsValueType && !parameter.ParameterType.IsByRef
        && Nullability.Create(parameter).WriteState == NullabilityState.NotNull;
}
