namespace Iba.Architecture.Tests.Arrows;

/// <summary>Compares the arrows that the code has with those that were declared.</summary>
internal static class ArrowCheck
{
    /// <summary>What is wrong, in words; empty where code and declaration say the same.</summary>
    /// <param name="declared">The places, lowest first. A place may use those before it.</param>
    /// <param name="existing">The places that there are.</param>
    /// <param name="arrows">Who uses whom.</param>
    public static IReadOnlyList<string> Complaints(IReadOnlyList<Place> declared, IEnumerable<string> existing, IReadOnlyCollection<Arrow> arrows)
    {
        string[] order = [.. declared.Select(place => place.Name)];
        string[] found = [.. existing];
        return
        [
            .. order.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => $"{group.Key} is declared twice."),
            .. order.Except(found).Select(name => $"{name} is declared and does not exist, or holds no code."),
            .. found.Except(order).Select(name => $"{name} is not declared."),
            .. declared.SelectMany(place => place.Uses.Where(used => !IsBelow(order, used, place.Name))
                .Select(used => $"{place.Name} is declared to use {used}, which does not stand before it.")),
            .. arrows.Where(arrow => !IsBelow(order, arrow.To, arrow.From))
                .Select(arrow => $"{arrow.File}: {arrow.From} uses {arrow.What} of {arrow.To}, which is not below it."),
            .. Cycles(arrows).Select(cycle => $"A cycle: {cycle}."),
            .. declared.SelectMany(place => Differences(order, place, arrows)),
        ];
    }

    /// <summary>The declared uses that the code does not have, and the other way round.</summary>
    private static IEnumerable<string> Differences(string[] order, Place place, IReadOnlyCollection<Arrow> arrows)
    {
        var real = arrows.Where(arrow => arrow.From == place.Name).ToLookup(arrow => arrow.To);
        string[] used = [.. real.Select(group => group.Key)];
        if (used.ToHashSet().SetEquals(place.Uses)) yield break;
        foreach (string name in used.Except(place.Uses).Where(name => IsBelow(order, name, place.Name)))
        {
            var first = real[name].First();
            yield return $"{first.File}: {place.Name} uses {first.What} of {name}, which is not declared.";
        }

        foreach (string name in place.Uses.Except(used)) yield return $"{place.Name} is declared to use {name} and does not.";
        yield return $"{place.Name} in fact uses: {string.Join(", ", used.Order(StringComparer.Ordinal).Select(name => $"`{name}`").DefaultIfEmpty("–"))}";
    }

    private static bool IsBelow(string[] order, string lower, string upper)
    {
        int at = Array.IndexOf(order, lower);
        return at >= 0 && at < Array.IndexOf(order, upper);
    }

    /// <summary>The shortest way back for every arrow that has one; each ring of places once.</summary>
    private static IEnumerable<string> Cycles(IReadOnlyCollection<Arrow> arrows)
    {
        var next = arrows.ToLookup(arrow => arrow.From, arrow => arrow.To);
        return arrows.Select(arrow => (arrow.From, arrow.To)).Distinct()
            .Select(arrow => Way(next, arrow.To, arrow.From))
            .OfType<IReadOnlyList<string>>()
            .DistinctBy(ring => string.Join(' ', ring.Order(StringComparer.Ordinal)))
            .Select(ring => string.Join(" -> ", ring.Prepend(ring[^1])));
    }

    private static IReadOnlyList<string>? Way(ILookup<string, string> next, string from, string to)
    {
        var reached = new HashSet<string> { from };
        var ways = new Queue<IReadOnlyList<string>>([[from]]);
        while (ways.TryDequeue(out var way))
        {
            if (way[^1] == to) return way;
            foreach (string step in next[way[^1]].Where(reached.Add)) ways.Enqueue([.. way, step]);
        }

        return null;
    }
}
